import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { test } from 'tap'
import { start } from '../../helper.ts'

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' }

/** Texts that trip readers and writers of files, and spreadsheets. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', "'", ',', ';', '\t', '\r', '\n', '\r\n', '=1+1', '+', '-', '@', '|'),
      fc.constantFrom(
        '＝',
        '＋',
        '－',
        '＠',
        '\uFEFF',
        '\u2028',
        '\u0085',
        '\\',
        '📚',
        'é',
        '""',
        "''=",
      ),
      fc.constantFrom('__proto__', 'null', 'true', '0441172717', '="1"', ' ', '\v'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''))
const line = nasty.map((text) => `${text.slice(0, 150)}x`.trim())
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const moment = fc
  .date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString())

const todos = fc.array(
  fc.record({
    title: line,
    description: maybe(nasty),
    completed: fc.boolean(),
    due_at: maybe(moment),
    priority: fc.constantFrom('low', 'normal', 'high'),
  }),
  { minLength: 1, maxLength: 12 },
)
const books = fc.array(
  fc.record({
    title: line,
    author: line,
    isbn: fc.constant(null),
    published_year: maybe(fc.integer({ min: -3000, max: 9999 })),
    description: maybe(nasty),
  }),
  { minLength: 1, maxLength: 12 },
)

/** Those of the members that the other one has. */
const pick = (row: Record<string, unknown>, like: object) =>
  Object.fromEntries(Object.keys(like).map((name) => [name, row[name]]))

const numRuns = process.env['SLOW'] ? 500 : 25
await test('what is exported and imported again is the same', async (t) => {
  const { as } = await start(t)
  let users = 0
  const cases = [
    { resource: 'todos', records: todos },
    { resource: 'books', records: books },
  ] as const
  for (const { resource, records } of cases)
    for (const format of ['csv', 'ndjson'] as const)
      await t.test(`${resource} as ${format}`, (t) =>
        fc
          .assert(
            fc.asyncProperty(records as fc.Arbitrary<object[]>, async (wanted) => {
              const [giver, taker] = [await as(`giver-${++users}`), await as(`taker-${users}`)]
              const path = `/api/v2/${resource}`
              const lines = wanted.map((record) => JSON.stringify(record)).join('\n')
              const headers = { 'content-type': TYPES.ndjson }
              const given = await giver.post(`${path}/import`, lines, { headers })
              if (given.status !== 201) throw new Error(given.text)
              const { text } = await giver.get(`${path}/export?format=${format}`)
              const taken = await taker.post(`${path}/import`, text, {
                headers: { 'content-type': TYPES[format] },
              })
              if (taken.status !== 201) throw new Error(taken.text)
              const found = await taker.get(`${path}/export?format=ndjson`)
              const rows = found.text
                .trimEnd()
                .split('\n')
                .map((row) => JSON.parse(row))
              assert.deepEqual(
                rows.map((row, i) => pick(row, wanted[i] ?? {})),
                wanted.map((record) => ({ ...record })),
              )
            }),
            { numRuns },
          )
          .then(() => t.pass('each time')),
      )
})
