import t, { test } from 'tap'
import { readForeignHash } from '../../../src/domain/accounts/foreign-hashes.ts'
import { digest as digestOf } from '../../../src/domain/accounts/hash-worker.ts'
import { createHasher } from '../../../src/domain/accounts/hasher.ts'
import { createPasswords, secretIdOf } from '../../../src/domain/accounts/passwords.ts'
import { randomIds as ids } from '../../../src/base/ids.ts'
import { createSecrets } from '../../../src/domain/secrets.ts'
import { FOREIGN_HASHES, FOREIGN_PASSWORD } from '../../foreign-hashes.ts'

const hasher = createHasher()
t.teardown(() => hasher.close())
const secrets = createSecrets(['a secret of at least thirty-two bytes'], ids)
const passwords = createPasswords({ secrets, hasher, cost: 4 })

for (const [made, hash] of FOREIGN_HASHES)
  await test(`S91 a password that ${made} hashed is checked, and its hash is not kept`, async (t) => {
    const adopted = passwords.adopt(hash)
    t.ok(adopted)
    if (!adopted) return
    t.equal(secretIdOf(adopted.hash), secrets.current)
    const digest = readForeignHash(hash)?.digest.toString('base64') ?? ''
    for (const encoded of [hash, digest, Buffer.from(digest, 'base64').toString('hex')])
      t.notOk(adopted.hash.includes(encoded), 'whoever reads the database cannot attack it alone')
    t.same(await passwords.verify(FOREIGN_PASSWORD, adopted.hash), { ok: true, stale: true })
    for (const wrong of ['', 'Grüße aus Köln 8', `${FOREIGN_PASSWORD}\0`])
      t.same(await passwords.verify(wrong, adopted.hash), { ok: false, stale: false }, wrong)
    const other = createSecrets(['another secret of thirty-two bytes or more'], ids)
    const elsewhere = createPasswords({ secrets: other, hasher, cost: 4 })
    await t.rejects(elsewhere.verify(FOREIGN_PASSWORD, adopted.hash), { name: 'SecretAbsent' })
  })

await test('S91 each scheme makes again what the other program made', (t) => {
  for (const [made, hash] of FOREIGN_HASHES) {
    const { scheme, digest } = readForeignHash(hash)!
    const again = digestOf({ password: FOREIGN_PASSWORD, scheme, cost: 4 })
    t.ok(digest.equals(again), made)
  }
  t.end()
})

await test('S91 what is no hash, or costs more than a login may, is not taken', (t) => {
  const salt = 'c2FsdHNhbHQ'
  const bytes = 'ab'.repeat(32)
  const base64 = Buffer.from(bytes, 'hex').toString('base64')
  const phc = (parameters: string) => `$argon2id$v=19$${parameters}$${salt}$${base64.slice(0, 43)}`
  const taken = [
    `pbkdf2:sha256:1000$salt$${bytes}`,
    `scrypt:2:1:1$salt$${bytes}`,
    phc('m=8,t=1,p=1'),
    phc('m=262144,t=4,p=8'),
  ]
  for (const hash of taken) t.ok(readForeignHash(hash), hash)
  const refused = [
    '',
    'secret',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    `sha256$salt$${bytes}`,
    `pbkdf2:md5:1000$salt$${bytes}`,
    `pbkdf2:sha256:999$salt$${bytes}`,
    `pbkdf2:sha256:5000001$salt$${bytes}`,
    `pbkdf2:sha256:1000$salt$${'ab'.repeat(15)}`,
    `pbkdf2:sha256:1000$salt$${'ab'.repeat(129)}`,
    `pbkdf2:sha256:1000$salt$${bytes}a`,
    `scrypt:32767:8:1$salt$${bytes}`,
    `scrypt:1:8:1$salt$${bytes}`,
    `scrypt:32768:8:0$salt$${bytes}`,
    `scrypt:1048576:8:1$salt$${bytes}`,
    `scrypt:131072:8:9$salt$${bytes}`,
    phc('m=7,t=1,p=1'),
    phc('m=64,t=0,p=1'),
    phc('m=64,t=1,p=0'),
    phc('m=262145,t=1,p=1'),
    phc('m=262144,t=5,p=1'),
    phc('m=64,t=1,p=1').replace('v=19', 'v=16'),
    '$2b$16$xqnCKZBGW1B0N7qpgbxrEuPF2qRqN/3BA1/KtobJVhWGEkf/8yiJG',
    '$2b$03$xqnCKZBGW1B0N7qpgbxrEuPF2qRqN/3BA1/KtobJVhWGEkf/8yiJG',
    '$2x$05$xqnCKZBGW1B0N7qpgbxrEuPF2qRqN/3BA1/KtobJVhWGEkf/8yiJG',
    `pbkdf2:sha256:1000$${'s'.repeat(600)}$${bytes}`,
  ]
  for (const hash of refused) t.equal(passwords.adopt(hash), undefined, hash)
  t.end()
})

await test('S91 bcrypt that another program made reads no password but as that program does', async (t) => {
  const made = '$2b$05$xqnCKZBGW1B0N7qpgbxrEuPF2qRqN/3BA1/KtobJVhWGEkf/8yiJG'
  const { hash = '' } = passwords.adopt(made) ?? {}
  t.match(await passwords.verify(FOREIGN_PASSWORD.normalize('NFD'), hash), { ok: false })
  t.match(await passwords.verify(`${FOREIGN_PASSWORD.slice(0, -1)}\uD800`, hash), { ok: false })
})
