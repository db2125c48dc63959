import * as fc from 'fast-check'
import { test } from 'tap'
import { guard, unguard } from '../../../src/domain/transfer/formulas.ts'

/** What spreadsheets run, or programs that take another character for the end of a cell. */
const FORMULAS = [
  '=1+1',
  '+1',
  '-1+1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '＝1',
  '＋1',
  '－1',
  '＠SUM(A1)',
  'a;=1',
  'a\n=cmd',
  'a\r\n@x',
  'a\t+1',
  'a|-1',
  '=HYPERLINK("https://evil.test","x")',
]

await test('no cell begins like a formula, in any way of splitting a line into cells', (t) => {
  for (const text of FORMULAS) {
    const cell = guard(text)
    for (const part of cell.split(/[;|\t\r\n]/)) t.notMatch(part, /^[=+\-@＝＋－＠]/, cell)
    t.notMatch(cell, /^[\t\r\n]/)
    t.equal(unguard(cell), text)
  }
  t.end()
})

await test('what is no formula stays as it is', (t) => {
  for (const text of ["'Tis the season", 'a - b', 'x, -5', '1-2', "''", 'a@b.test', ''])
    t.equal(guard(text), text)
  for (const cell of ["'Tis the season", "rock 'n' roll", "'"]) t.equal(unguard(cell), cell)
  t.end()
})

await test('every text comes back as it was', (t) => {
  const nasty = fc.array(
    fc.constantFrom(
      "'",
      '=',
      '+',
      '-',
      '@',
      '\t',
      '\r',
      '\n',
      ';',
      '|',
      '＝',
      '"',
      ',',
      'a',
      '\uFEFF',
      '📚',
    ),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        nasty.map((parts) => parts.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (text) => unguard(guard(text)) === text,
    ),
    { numRuns: 5000 },
  )
  t.end()
})
