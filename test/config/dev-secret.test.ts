import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'tap'
import { resolveSecret } from '../../src/config/dev-secret.ts'
import { loadConfig } from '../../src/config/index.ts'

await test('development creates its secret once', async (t) => {
  const file = join(t.testdir(), 'data', 'secret.key')
  const first = resolveSecret({ HOST: '::1' }, file)
  t.match(first, { HOST: '::1', SECRET_KEY: /^[\w-]{64}$/ })
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(resolveSecret({ NODE_ENV: 'development' }, file)['SECRET_KEY'], first['SECRET_KEY'])
  t.strictSame(readdirSync(dirname(file)), ['secret.key'], 'no draft is left')
  t.ok(loadConfig(first))
})

await test('S25 a secret that is given, or another environment, touches no file', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'secret.key')
  for (const env of [{ SECRET_KEY: 'mine' }, { NODE_ENV: 'production' }, { NODE_ENV: 'test' }]) {
    t.equal(resolveSecret(env, file), env)
  }
  t.strictSame(readdirSync(dir), [])
})

await test('of many first starts at once one wins, and all use its secret', async (t) => {
  const file = join(t.testdir(), 'secret.key')
  const module = new URL('../../src/config/dev-secret.ts', import.meta.url).href
  const script = `import { resolveSecret } from '${module}'
    console.log(resolveSecret({}, ${JSON.stringify(file)}).SECRET_KEY)`
  const starts = await Promise.all(
    Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]),
    ),
  )
  const written = readFileSync(file, 'utf8').trim()
  t.match(written, /^[\w-]{64}$/)
  for (const { stdout } of starts) t.equal(stdout.trim(), written)
})

await test('a place that cannot be written is an error, not a start without a secret', async (t) => {
  const dir = t.testdir({ file: '' })
  t.throws(() => resolveSecret({}, join(dir, 'file', 'secret.key')), { code: /ENOTDIR|EEXIST/ })
  t.throws(() => resolveSecret({}, dir), { code: 'EISDIR' })
})

await test('a link to nowhere is not overwritten, and gives no secret', async (t) => {
  const dir = t.testdir()
  symlinkSync(join(dir, 'nowhere'), join(dir, 'secret.key'))
  const env = resolveSecret({}, join(dir, 'secret.key'))
  t.throws(() => loadConfig(env), { message: /SECRET_KEY is missing/ })
  t.strictSame(readdirSync(dir), ['secret.key'])
})
