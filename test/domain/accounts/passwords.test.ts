import * as fc from 'fast-check'
import { test } from 'tap'
import { createHasher } from '../../../src/domain/accounts/hasher.ts'
import { createPasswords, secretIdOf } from '../../../src/domain/accounts/passwords.ts'
import { randomIds } from '../../../src/base/ids.ts'
import { createSecrets, SecretAbsent } from '../../../src/domain/secrets.ts'

const [older, newer] = [
  'an older secret of at least 32 bytes',
  'a newer secret of at least 32 bytes',
]
const secrets = createSecrets([newer, older], randomIds)

// Real threads, and a record of what they were asked.
const threads = createHasher({ queue: 1000 })
const asked: (string | undefined)[][] = []
const hasher: typeof threads = {
  ...threads,
  compare(preHash, stored, cost) {
    asked.push([preHash, stored, `${cost}`])
    return threads.compare(preHash, stored, cost)
  },
}
const passwords = createPasswords({ secrets, hasher, cost: 4 })

async function isSame(password: string, other: string) {
  const { hash } = await passwords.hash(password)
  return (await passwords.verify(other, hash)).ok
}

await test('S8 a stored hash names its scheme, key and cost', async (t) => {
  const { hash, secretId } = await passwords.hash('correct horse')
  t.match(hash, /^\$bcrypt-hmac-sha384\$k=[\w-]{12}\$2b\$04\$.{53}$/)
  t.equal(secretId, secrets.current)
  t.equal(secretIdOf(hash), secretId)
  t.strictSame(await passwords.verify('correct horse', hash), { ok: true, stale: false })
  t.strictSame(await passwords.verify('wrong horse', hash), { ok: false, stale: false })
  t.not(hash, (await passwords.hash('correct horse')).hash, 'a salt of its own')
})

await test('S2 passwords of 128 characters of any script are taken whole', async (t) => {
  for (const character of ['a', 'ß', 'あ', '🐢', ' ']) {
    const password = character.repeat(127)
    t.equal(await isSame(`${password}x`, `${password}x`), true)
    t.equal(await isSame(`${password}x`, `${password}y`), false)
  }
})

await test('S5 what follows the first 72 bytes counts', async (t) => {
  const start = 'a'.repeat(72)
  t.equal(await isSame(`${start}b`, `${start}c`), false)
  t.equal(await isSame(start, `${start}c`), false)
})

await test('S6 NUL ends nothing, and NFC and NFD are one password', async (t) => {
  t.equal(await isSame('ab', 'ab\0ab'), false)
  t.equal(await isSame('', '\0'), false)
  t.equal(
    await isSame('Zürich-Ångström'.normalize('NFC'), 'Zürich-Ångström'.normalize('NFD')),
    true,
  )
  t.equal(await isSame('ﬁ', 'fi'), false, 'compatibility forms stay apart')
  t.equal(await isSame('a\uFFFD', 'a\uD800'), false, 'a lone surrogate is no other character')
})

await test('S5 S6 two passwords are the same when their NFC is, and only then', async (t) => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  await fc.assert(
    fc.asyncProperty(text, text, async (a, b) => {
      t.equal(await isSame(a, b), a.normalize('NFC') === b.normalize('NFC'))
      t.equal(await isSame(a, a.normalize('NFD')), true)
    }),
    { numRuns: 50 },
  )
})

await test('S7 bcryptjs sees 64 characters of base64, whatever the password', async (t) => {
  asked.length = 0
  for (const password of ['', 'x', 'あ'.repeat(128), '\0']) await isSame('x', password)
  for (const [preHash] of asked) t.match(preHash, /^[\w+/]{64}$/)
})

await test('S10 S11 unknown, malformed and cheaper hashes cost one hash of the present cost', async (t) => {
  const cheap = (await passwords.hash('correct horse')).hash
  const raised = createPasswords({ secrets, hasher, cost: 5 })
  asked.length = 0
  const malformed = ['', '!', 'secret', cheap.slice(0, -1), cheap.replace('384', '512')]
  for (const stored of [undefined, ...malformed]) {
    t.strictSame(await raised.verify('correct horse', stored), { ok: false, stale: false })
  }
  t.equal(asked.length, 6)
  for (const question of asked) t.match(question, [/^.{64}$/, undefined, '5'])
  for (const stored of malformed) t.equal(secretIdOf(stored), undefined)

  t.strictSame(await raised.verify('correct horse', cheap), { ok: true, stale: true })
  t.match(asked.at(-1), [/^.{64}$/, /^\$2b\$04\$/, '5'], 'padded to the present cost')
})

await test('S8 a hash of another cost or key is stale, so the login rewrites it', async (t) => {
  const { hash } = await passwords.hash('correct horse')
  const raised = createPasswords({ secrets, hasher, cost: 5 })
  t.strictSame(await raised.verify('wrong horse', hash), { ok: false, stale: false })
  t.strictSame(await raised.verify('correct horse', hash), { ok: true, stale: true })
  const rewritten = await raised.hash('correct horse')
  t.strictSame(await raised.verify('correct horse', rewritten.hash), { ok: true, stale: false })

  const before = createPasswords({ secrets: createSecrets([older], randomIds), hasher, cost: 4 })
  const old = await before.hash('correct horse')
  t.strictSame(await passwords.verify('correct horse', old.hash), { ok: true, stale: true })
})

await test('S30 without its key a hash is useless: an error, not a wrong password', async (t) => {
  const before = createPasswords({ secrets: createSecrets([older], randomIds), hasher, cost: 4 })
  const after = createPasswords({ secrets: createSecrets([newer], randomIds), hasher, cost: 4 })
  const { hash } = await before.hash('correct horse')
  await t.rejects(after.verify('correct horse', hash), SecretAbsent)
  const { secretId } = await after.hash('correct horse')
  const claimed = hash.replace(/k=[\w-]+/, `k=${secretId}`)
  t.equal((await after.verify('correct horse', claimed)).ok, false)
})

await threads.close()
