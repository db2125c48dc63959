import { test } from 'tap'
import { searchText, wordsOf } from '../../../src/domain/search/search-text.ts'
import { openDatabase } from '../lists/people.ts'

await test('a text is split into words without case, marks and punctuation', (t) => {
  const cases: Array<[text: string, words: string]> = [
    ['The Left-Hand of Darkness!', 'the left hand of darkness'],
    ['Crème BRÛLÉE', 'creme brulee'],
    ['Cre\u0300me', 'creme'],
    ['ﬁne ＡＢＣ ①', 'fine abc 1'],
    ['İstanbul', 'istanbul'],
    ['ΟΔΟΣ οδός', 'οδοσ οδοσ'],
    ['snake_case "quoted" it\'s', 'snake case quoted it s'],
    ['  \n\t ', ''],
    ['🙂 C++', 'c'],
    ['1984', '1984'],
    ['中', '中'],
    ['中文', '中文'],
    ['中文字', '中文 文字'],
    ['𠮷野家', '𠮷野 野家'],
    ['React入門2', 'react 入門 2'],
    ['コーヒー', 'コー ーヒ ヒー'],
    ['ｺｰﾋｰ', 'コー ーヒ ヒー'],
    ['ガラス', 'カラ ラス'],
    ['ひらがな', 'ひら らか かな'],
    ['人々', '人々'],
  ]
  for (const [text, words] of cases) t.equal(wordsOf(text).join(' '), words, text)
  t.strictSame(
    wordsOf('한국어 책'),
    ['한국어', '책'].map((word) => word.normalize('NFKD')),
  )
  t.ok(wordsOf('한국어')[0]?.startsWith(wordsOf('한국')[0] ?? 'nothing'), 'a prefix is found')
  t.end()
})

await test('a long word keeps its beginning, in whole characters', (t) => {
  t.strictSame(wordsOf('x'.repeat(65)), ['x'.repeat(64)])
  t.strictSame(wordsOf('𝒳'.repeat(65)), ['x'.repeat(64)])
  t.strictSame(wordsOf('𐐀'.repeat(65)), ['𐐨'.repeat(64)])
  t.end()
})

await test('what is stored of a text is bounded, by whole words, its tags first', (t) => {
  t.equal(searchText(['Two words', null, undefined, '', 'more'], ['_u1']), '_u1 two words more')
  t.equal(searchText([]), '')
  const text = searchText(['word '.repeat(200_000)], ['_u1'])
  t.match(text, /^_u1 word .* word$/)
  t.equal(text.split(' ').length, 1 + Math.floor((1_000_000 - 9) / 10))
  t.end()
})

await test('whatever a record may hold, the database indexes it', async (t) => {
  const { store } = await openDatabase(t)
  const { users, posts } = store.tables
  const now = new Date()
  const dates = { createdAt: now, updatedAt: now }
  const name = { username: 'a', usernameKey: 'a', passwordHash: '', passwordSecret: '' }
  const user = { ...name, role: 'user', status: 'active', ...dates } as const
  await store.transaction((tx) => tx.query((q) => q.insert(users).values(user)))
  const from = (first: number) =>
    Array.from({ length: 40_000 }, (_, i) => String.fromCodePoint(first + i))
  const hostile: Record<string, string> = {
    'each pair another one': from(0x20000).join('').repeat(2),
    'each word another one': Array.from({ length: 20_000 }, (_, i) => i.toString(36)).join(' '),
    'all that is a letter': from(0x21)
      .filter((one) => one.isWellFormed())
      .join(' '),
    'what grows 18 times': '\uFDFA'.repeat(100_000),
    'what quotes': String.raw`\' : 'a':1,2A <-> & | ! ( ) * "`.repeat(1000),
  }
  for (const [about, content] of Object.entries(hostile)) {
    const row = { userId: 1, title: about, content, searchText: searchText([content]), ...dates }
    await t.resolves(
      store.transaction((tx) => tx.query((q) => q.insert(posts).values(row))),
      about,
    )
  }
})
