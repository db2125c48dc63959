import * as fc from 'fast-check'
import { test } from 'tap'
import { randomIds } from '../../src/base/ids.ts'
import { createSecrets, SealBroken, SecretAbsent } from '../../src/domain/secrets.ts'

const [older, newer] = [
  'an older secret of at least 32 bytes',
  'a newer secret of at least 32 bytes',
]
const secrets = createSecrets([newer, older], randomIds)

await test('S30 what is sealed opens for the same purpose only, and shows nothing', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.string(), (bytes, purpose, other) => {
      const plaintext = Buffer.from(bytes)
      const sealed = secrets.seal(purpose, plaintext)
      t.ok(secrets.open(purpose, sealed).equals(plaintext))
      if (other !== purpose) t.throws(() => secrets.open(other, sealed), SealBroken)
    }),
  )
  const sealed = secrets.seal('signing-key', 'a private key')
  t.equal(secrets.open('signing-key', sealed).toString(), 'a private key')
  t.notMatch(Buffer.from(sealed, 'base64url').toString('latin1'), 'private')
  t.not(sealed, secrets.seal('signing-key', 'a private key'), 'a new nonce each time')
})

await test('S30 one changed, missing or added character is refused', async (t) => {
  const sealed = secrets.seal('signing-key', 'a private key of some length')
  const start = sealed.indexOf('.') + 1
  const anywhere = fc.integer({ min: start, max: sealed.length - 1 })
  fc.assert(
    fc.property(
      anywhere,
      fc.constantFrom('A', 'Q', 'g', 'w', '0', '-', '_', '.', ''),
      (index, character) => {
        const altered = sealed.slice(0, index) + character + sealed.slice(index + 1)
        if (altered === sealed) return
        t.throws(() => secrets.open('signing-key', altered), SealBroken)
      },
    ),
  )
  for (const text of [
    '',
    '.',
    '...',
    sealed.slice(0, -1),
    `${sealed}A`,
    ` ${sealed}`,
    `${sealed}\n`,
  ]) {
    t.throws(() => secrets.open('signing-key', text), SealBroken)
    t.throws(() => secrets.sealedWith(text), SealBroken)
  }
})

await test('every value has an id, and the first protects what is new', async (t) => {
  t.equal(secrets.ids.length, 2)
  t.equal(secrets.ids[0], secrets.current)
  t.match(secrets.current, /^[\w-]{12}$/)
  t.ok(secrets.ids.every((id) => secrets.has(id)))
  t.notOk(secrets.has('absent'))
  t.equal(secrets.sealedWith(secrets.seal('x', 'y')), secrets.current)
  t.strictSame(createSecrets([newer], randomIds).ids, [secrets.current], 'the same after a restart')
  t.notOk(newer.includes(secrets.current))
  t.throws(() => createSecrets([], randomIds), TypeError)
})

await test('an older value opens what it sealed until it is taken away', async (t) => {
  const before = createSecrets([older], randomIds)
  const sealed = before.seal('signing-key', 'a private key')
  t.equal(secrets.open('signing-key', sealed).toString(), 'a private key')
  t.equal(secrets.sealedWith(sealed), before.current)

  const after = createSecrets([newer], randomIds)
  t.throws(() => after.open('signing-key', sealed), SecretAbsent)
  t.throws(() => after.open('signing-key', sealed), { id: before.current, message: before.current })
  t.equal(after.sealedWith(sealed), before.current, 'it can still be said which one is absent')
})

await test('peppers are 48 bytes, one for each value', async (t) => {
  const peppers = secrets.ids.map((id) => secrets.pepper(id).toString('hex'))
  t.strictSame(
    peppers.map((pepper) => pepper.length),
    [96, 96],
  )
  t.not(peppers[0], peppers[1])
  t.throws(() => secrets.pepper('absent'), SecretAbsent)
})

await test('all randomness comes from the ids', async (t) => {
  const fixed = { ...randomIds, bytes: (count: number) => Buffer.alloc(count, 7) }
  const sealed = createSecrets([newer], fixed).seal('x', 'y')
  t.equal(sealed, createSecrets([newer], fixed).seal('x', 'y'))
  t.equal(sealed.split('.')[1], Buffer.alloc(12, 7).toString('base64url'))
})

await test('a text that comes back is told from an altered one, and from one for another purpose', (t) => {
  const mac = secrets.mac('cursor', 'page 2')
  t.ok(secrets.hasMac('cursor', 'page 2', mac))
  t.equal(mac.length, 56)
  t.notOk(secrets.hasMac('csrf', 'page 2', mac))
  t.notOk(secrets.hasMac('cursor', 'page 3', mac))
  const last = mac.at(-1) === 'A' ? 'E' : 'A'
  for (const altered of ['', '.', 'nonsense', `${mac}=`, mac.slice(0, -1), mac.slice(0, -1) + last])
    t.notOk(secrets.hasMac('cursor', 'page 2', altered), altered)
  t.notOk(secrets.hasMac('cursorpage', ' 2', secrets.mac('cursor', 'page 2')))

  const before = createSecrets([older], randomIds)
  t.ok(secrets.hasMac('cursor', 'x', before.mac('cursor', 'x')), 'an older key is still good')
  t.notOk(before.hasMac('cursor', 'x', mac), 'an unknown key is not')
  t.end()
})
