import * as fc from 'fast-check'
import { test } from 'tap'
import { ACCOUNT_RULES } from '../../../src/domain/accounts/fields.ts'
import { modelOf } from '../../../src/domain/resources/engine/model.ts'
import { book, post } from '../../../src/domain/resources/index.ts'
import { checkTexts } from '../../../src/base/text-rules.ts'
import { fold } from '../../../src/base/text.ts'
import { ValidationFailed } from '../../../src/base/errors.ts'

/** Every member that has a rule. */
const RULES = { ...ACCOUNT_RULES, ...modelOf(book).rules, ...modelOf(post).rules }
type Input = {
  [
    Name in keyof typeof ACCOUNT_RULES | 'title' | 'content' | 'description' | 'author' | 'category'
  ]?: unknown
}
const checkFields = <T extends Input>(input: T, others?: Parameters<typeof checkTexts>[2]): T =>
  checkTexts(RULES, input, others)

function codes(input: Input) {
  try {
    checkFields(input)
    return []
  } catch (error) {
    if (error instanceof ValidationFailed) return error.violations.map(({ code }) => code)
    throw error
  }
}

const usernames = (names: string[], expected: string[]) =>
  names
    .map((username) => [username, codes({ username })] as const)
    .filter(([, found]) => found.join() !== expected.join())

await test('usernames of letters and digits of any script', async (t) => {
  const good = [
    'bob',
    'Émile_Zola',
    '李小龍',
    'सुनीता',
    'ศรีสุดา',
    'محمد-١٢٣',
    'a.b',
    '१२३',
    '...',
    '𝒶𝓁𝒾',
  ]
  t.strictSame(usernames(good, []), [])
  t.strictSame(
    usernames(
      ['bob b', 'bob@x', 'bob!', 'a/b', 'bob\n', '🐢🐢🐢', ' bob', ''],
      ['invalid_characters'],
    ),
    [],
  )
  t.strictSame(usernames(['bob\0', 'bob\uD800'], ['invalid_characters']), [])
  t.strictSame(usernames(['ab', 'é́'.slice(0, 1) + 'b'], ['too_short']), [])
  t.strictSame(usernames(['a'.repeat(33), 'ﷺﷺ'.repeat(2000)], ['too_long']), [])
  t.strictSame(usernames(['a'.repeat(32), '李'.repeat(32), 'abc'], []), [])
})

await test('usernames that look like another are refused or become it', async (t) => {
  const invisible = [
    'admin\uFE0F',
    'bob\u200B',
    'b\u034Fob',
    'bob\u3164',
    'bob\u00AD',
    '\u0301bob',
    'bob\u202E',
  ]
  t.strictSame(usernames(invisible, ['invalid_characters']), [])
  t.strictSame(
    usernames(['admin', 'ADMIN', 'Root', 'anonymous', 'ａｄｍｉｎ', '𝐫𝐨𝐨𝐭'], ['reserved']),
    [],
  )
  t.strictSame(usernames(['admin1', 'roots'], []), [])
  t.strictSame(checkFields({ username: 'ｂｏｂ' }), { username: 'bob' })
  t.strictSame(checkFields({ username: 'e\u0301mile' }), { username: '\u00E9mile' })
})

await test('an email is that of a mailbox, and is kept as it is spelled', async (t) => {
  const good = ['a@b', 'first.last+tag@example.com', "o'brien@example.com", '用户@例子.公司']
  for (const email of good) t.strictSame(checkFields({ email }), { email })
  t.strictSame(checkFields({ email: 'e\u0301@Example.com' }), { email: '\u00E9@Example.com' })
  const bad = [
    '',
    'a',
    '@b',
    'a@',
    'a@b@c',
    'a b@c',
    'a@b\n',
    'a@\u200Bb',
    'a@b\u0007',
    ' a@b',
    'a@\u00A0b',
  ]
  for (const email of bad) t.strictSame(codes({ email }), ['invalid_email'], JSON.stringify(email))
  t.strictSame(codes({ email: `${'a'.repeat(64)}@example.com` }), [])
  for (const local of ['a'.repeat(65), 'é'.repeat(33), 'a'.repeat(100_000)])
    t.strictSame(codes({ email: `${local}@example.com` }), ['too_long'])
  fc.assert(fc.property(fc.emailAddress(), (email) => t.strictSame(codes({ email }), [])))
})

await test('phones are E.164', async (t) => {
  for (const phone of ['+4915112345678', '+15551234567', '+123456789012345']) {
    t.strictSame(checkFields({ phone }), { phone })
  }
  for (const phone of [
    '',
    '015112345678',
    '+0151',
    '+49 151',
    '+1234567890123456',
    '+49a',
    '+٤٩',
    '+4915\n',
  ]) {
    t.strictSame(codes({ phone }), ['invalid_phone'], phone)
  }
})

await test('texts are bounded in code points, titles and authors trimmed', async (t) => {
  for (const [name, max] of [
    ['title', 200],
    ['content', 100_000],
    ['description', 10_000],
    ['author', 200],
  ] as const) {
    t.strictSame(codes({ [name]: '🐢'.repeat(max) }), [], `${name} of ${max}`)
    t.strictSame(codes({ [name]: '🐢'.repeat(max + 1) }), ['too_long'], `${name} of ${max + 1}`)
    t.strictSame(codes({ [name]: '' }), name === 'description' ? [] : ['too_short'], `no ${name}`)
    t.strictSame(codes({ [name]: 'a\0b' }), ['invalid_characters'])
    t.strictSame(codes({ [name]: 'a\uDFFFb' }), ['invalid_characters'])
  }
  t.strictSame(codes({ title: ' \n\t ', author: '\u00A0' }), ['too_short', 'too_short'])
  t.strictSame(checkFields({ title: ' water \n', content: ' kept ', author: '\tSeneca ' }), {
    title: 'water',
    content: ' kept ',
    author: 'Seneca',
  })
  t.strictSame(checkFields({ title: ` ${'x'.repeat(200)} ` }).title, 'x'.repeat(200))
})

await test('every violation at once, beside those found elsewhere', async (t) => {
  const elsewhere = {
    in: 'body',
    path: '/password',
    code: 'too_short',
    detail: 'password …',
  } as const
  t.throws(() => checkFields({ username: 'x', email: 'x', title: '' }, [elsewhere]), {
    message:
      'username must have at least 3 characters; email must be an email address: no spaces, quotes ' +
      'or brackets, and a host name behind the "@"; title must have at least 1 character; password …',
  })
  try {
    checkFields({ username: 'x', phone: '1' }, [elsewhere])
    t.fail('accepted')
  } catch (error) {
    t.match(error, {
      statusCode: 422,
      violations: [
        { in: 'body', path: '/username', code: 'too_short' },
        { in: 'body', path: '/phone', code: 'invalid_phone' },
        elsewhere,
      ],
    })
  }
  t.throws(() => checkFields({ title: 'fine' }, [elsewhere]), { message: 'password …' })
})

await test('the rest of the input is left as it is, and so is the input', async (t) => {
  const input = { title: ' x ', description: null, completed: true, content: undefined }
  t.strictSame(checkFields(input), { ...input, title: 'x' })
  t.equal(input.title, ' x ')
  t.strictSame(Object.keys(checkFields({ title: 'x' })), ['title'], 'nothing is added')
})

await test('fold is the same for every spelling, and folding twice changes nothing', async (t) => {
  t.equal(fold('ＢＯＢ'), 'bob')
  t.equal(fold('É'.normalize('NFD')), 'é')
  t.equal(fold('J\u030C'), fold('ǰ'))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      t.equal(fold(fold(text)), fold(text))
      t.equal(fold(text.normalize('NFD')), fold(text))
    }),
  )
  let unstable = 0
  for (let code = 0; code <= 0x10_ffff; code++) {
    const folded = fold(String.fromCodePoint(code))
    if (fold(folded) !== folded) unstable++
  }
  t.equal(unstable, 0, 'of all code points')
})

await test('a category is a short word of plain letters, digits and hyphens', (t) => {
  for (const category of ['general', 'to-read', '2026', '-', 'a'.repeat(32)])
    t.strictSame(codes({ category }), [], category)
  for (const category of ['', 'General', 'to read', 'ä', 'a_b', 'a'.repeat(33), 'a\n'])
    t.strictSame(codes({ category }), ['invalid_category'], category)
  t.strictSame(codes({ category: 'a\0' }), ['invalid_characters'])
  t.end()
})
