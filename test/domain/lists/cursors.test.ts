import * as fc from 'fast-check'
import { test } from 'tap'
import { CursorMismatch } from '../../../src/base/errors.ts'
import { randomIds } from '../../../src/base/ids.ts'
import { createCursors } from '../../../src/domain/lists/cursors.ts'
import { createSecrets } from '../../../src/domain/secrets.ts'

const [older, newer] = [
  'an older secret of at least 32 bytes',
  'a newer secret of at least 32 bytes',
]
const cursorsOf = (...values: string[]) => createCursors(createSecrets(values, randomIds))
const cursors = cursorsOf(newer, older)

const towards = fc.constantFrom('next' as const, 'prev' as const)
const key = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer())
const plain = { noNullPrototype: true }
const at = fc.record({ key, id: fc.nat() }, plain)
const cursor = fc.record({ towards, at }, plain)

await test('a cursor comes back as it was given, for its own list only', async (t) => {
  fc.assert(
    fc.property(cursor, fc.string(), fc.string(), (given, list, other) => {
      const sealed = cursors.seal(list, given)
      t.strictSame(cursors.open(list, sealed), given)
      t.match(sealed, /^[\w-]+$/, 'base64url')
      if (other !== list) t.throws(() => cursors.open(other, sealed), CursorMismatch)
    }),
  )
  const moment = new Date('2026-11-20T16:33:06.902Z')
  const sealed = cursors.seal('a list', { towards: 'next', at: { key: moment, id: 7 } })
  t.equal(cursors.open('a list', sealed).at.key, moment.toISOString())
})

await test('a cursor with one changed, missing or added character is refused', async (t) => {
  const sealed = cursors.seal('a list', { towards: 'next', at: { key: 'alice', id: 7 } })
  const change = fc.record({
    index: fc.nat(sealed.length),
    removed: fc.nat(2),
    added: fc.constantFrom('', 'A', 'Q', 'g', 'w', '0', '-', '_', '.', '=', ' ', 'é'),
  })
  fc.assert(
    fc.property(change, ({ index, removed, added }) => {
      const altered = sealed.slice(0, index) + added + sealed.slice(index + removed)
      if (altered !== sealed) t.throws(() => cursors.open('a list', altered), CursorMismatch)
    }),
    { numRuns: 500 },
  )
  const text = Buffer.from(sealed, 'base64url').toString()
  const mac = text.slice(0, text.indexOf(' '))
  const forged = [
    '["next","alice",8]',
    '["prev","alice",7]',
    '["next","alice",7] ',
    'null',
    '{}',
    '',
  ]
  const inside = forged.map((place) => `${mac} ${place}`)
  for (const other of ['', ' ', mac, `${mac} `, text.slice(mac.length), ...inside])
    t.throws(
      () => cursors.open('a list', Buffer.from(other).toString('base64url')),
      CursorMismatch,
      other,
    )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      t.throws(() => cursors.open('a list', any), CursorMismatch)
    }),
  )
})

await test('a cursor outlives a new secret, as long as the old one is kept', async (t) => {
  const place = { towards: 'next' as const, at: { key: 1, id: 1 } }
  const sealed = cursorsOf(older).seal('a list', place)
  t.strictSame(cursors.open('a list', sealed), place)
  t.throws(() => cursorsOf(newer).open('a list', sealed), CursorMismatch)
})
