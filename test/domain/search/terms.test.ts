import { test } from 'tap'
import { scores, readFor } from '../../../src/domain/search/ranking.ts'
import { needleOf, termsOf, tsqueryOf } from '../../../src/domain/search/terms.ts'

/** The terms as people would write them: a star for what may go on. */
const read = (query: string) =>
  termsOf(query).map(({ words, isPrefix }) => words.join('+') + (isPrefix ? '*' : ''))

await test('a query is words that may go on, and phrases that may not', async (t) => {
  const cases: Array<[query: string, ...terms: string[]]> = [
    [''],
    [' "" « » … \u0301'],
    ['plum', 'plum*'],
    ['p', 'p'],
    ['𝔭', 'p'],
    ['Plum PEAR', 'plum*', 'pear*'],
    ['plum plum PLUM', 'plum*'],
    ['plum "plum"', 'plum*', 'plum'],
    ['"plum pear"', 'plum+pear'],
    ['a"plum pear"b', 'a', 'plum+pear', 'b'],
    ['“plum pear„ x', 'plum+pear', 'x'],
    ['"plum" "pear', 'plum', 'pear*'],
    ['e-mail', 'e', 'mail*'],
    ['_u1', 'u1*'],
    ['東京都', '東京+京都'],
    ['"東京都"', '東京+京都'],
    ['東京', '東京*'],
    ['東', '東'],
    ['abc東京', 'abc*', '東京*'],
    ['ab'.repeat(50), `${'ab'.repeat(32)}*`],
  ]
  for (const [query, ...terms] of cases) t.strictSame(read(query), terms, query)
  t.throws(() => termsOf(Array.from({ length: 21 }, (_, i) => `${i}`).join(' ')), {
    message: 'q must have at most 20 words and phrases',
  })
})

await test('what the engines are asked holds words alone', async (t) => {
  const terms = termsOf(`plum "pear p" 'x' \\ 東京都`)
  t.equal(tsqueryOf(terms, ['_u1']), "'_u1' & 'plum':* & 'pear' & 'p' & 'x' & '東京' & '京都'")
  t.strictSame(terms.map(needleOf), [' plum', ' pear p ', ' x ', ' 東京 京都 '])
})

await test('what is said more often, in fewer words, and by fewer others ranks higher', async (t) => {
  const terms = termsOf('plum "pear"')
  const texts = [
    'plum x x x',
    'plum plum x x',
    'plum x',
    'pear x x x',
    'x',
    'pears plums plum plum',
  ]
  const reads = texts.map((text, id) => readFor(terms, { id, text }))
  t.strictSame(
    reads.map(({ counts }) => counts.join()),
    ['1,0', '2,0', '1,0', '0,1', '0,0', '3,0'],
  )
  const [once, twice, short, rare, none, most] = scores(terms, reads) as [
    ...[number, number, number, number, number, number],
  ]
  t.ok(twice > once && short > once && rare > once && most > twice)
  t.equal(none, 0)
  t.strictSame(scores(terms, []), [])
})
