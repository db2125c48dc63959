import { assert, property, string } from 'fast-check'
import { test } from 'tap'
import { isStreamSafe, normalised } from '../../src/base/stream-safe.ts'

const ACUTE = '\u0301'
const HALF_WIDTH = '\uFF9E'

await test('S79 more than 30 marks in a row are not stream-safe', (t) => {
  const cases: Array<[name: string, text: string, safe: boolean]> = [
    ['nothing', '', true],
    ['no marks', 'a quiet place to write', true],
    ['30 marks', `a${ACUTE.repeat(30)}`, true],
    ['31 marks', `a${ACUTE.repeat(31)}`, false],
    ['31 marks and nothing before them', ACUTE.repeat(31), false],
    ['31 marks behind a long text', `${'word '.repeat(1000)}${ACUTE.repeat(31)}`, false],
    ['twice 30 marks', `a${ACUTE.repeat(30)}b${ACUTE.repeat(30)}`, true],
    ['a letter that has one, and 29', `\u00E9${ACUTE.repeat(29)}`, true],
    ['a letter that has one, and 30', `\u00E9${ACUTE.repeat(30)}`, false],
    ['a letter that has three, and 28', `\u1F82${ACUTE.repeat(28)}`, false],
    ['marks that are two each', '\u0344'.repeat(16), false],
    ['half-width signs, which become marks', HALF_WIDTH.repeat(31), false],
    ['half-width signs between marks', `${HALF_WIDTH}\u0334`.repeat(16), false],
    ['half-width Katakana as they are written', `\uFF76${HALF_WIDTH}`.repeat(100), true],
    ['30 marks and a Thai vowel that begins with one', `a${ACUTE.repeat(30)}\u0E33`, false],
    ['marks beyond the first plane', '\u{1D165}'.repeat(31), false],
    ['30 marks beyond the first plane', '\u{1D165}'.repeat(30), true],
    ['joiners among them', `a${ACUTE.repeat(30)}\u034F${ACUTE.repeat(30)}`, true],
    ['text of many languages', 'Việt Nam हिन्दी ภาษาไทย עִבְרִית తెలుగు မြန်မာ', true],
  ]
  for (const [name, text, safe] of cases) {
    t.equal(isStreamSafe(text), safe, name)
    t.equal(isStreamSafe(text.normalize('NFKD')), safe, `${name}, decomposed`)
  }
  t.end()
})

await test('S79 every text has a normal form, and a long one that is not stream-safe a bounded one', (t) => {
  const hostile = `${'x'.repeat(1000)}${`\u0345${ACUTE}\u0334`.repeat(500)}`
  for (const form of ['NFC', 'NFKC', 'NFKD'] as const) {
    const text = normalised(hostile, form)
    t.ok(isStreamSafe(text), form)
    t.equal(text.replaceAll(/\p{M}/gu, ''), 'x'.repeat(1000), 'nothing else is changed')
    t.equal(normalised('a\u0345\u0301', form), 'a\u0345\u0301'.normalize(form))
  }
  assert(
    property(string({ unit: 'binary', maxLength: 3000 }), (text) => {
      if (isStreamSafe(text)) t.equal(normalised(text, 'NFKC'), text.normalize('NFKC'))
    }),
    { numRuns: 100 },
  )
  t.end()
})
