import { test } from 'tap'
import type { Env } from '../../src/config/index.ts'
import { freshDatabase } from '../database.ts'
import { commonplace, here, inside, logsIn, PASSWORD, refused, register } from './command.ts'

const OLD = 'an older secret of at least 32 bytes: Hx7'
const NEW = 'a newer secret of at least 32 bytes: qT4'

await test('keys list and rotate: the next key is published before it signs', async (t) => {
  const url = await freshDatabase(t)
  const first = await list(url)
  t.match(first, [{ state: 'signing', retires_at: null }])
  t.match(await commonplace(['keys', 'list'], { url }), {
    code: 0,
    stdout: /^KID +STATE .*\n[\w-]{22}  signing .*\n$/,
  })

  const rotated = await commonplace(['keys', 'rotate'], { url })
  t.match(rotated, { code: 0, stdout: /^Key [\w-]{22} is published and signs from .*Z\.\n$/ })
  const both = await list(url)
  t.match(both, [
    { kid: first[0]?.kid, state: 'signing', retires_at: /Z$/ },
    { state: 'next', retires_at: null },
  ])
  const [old, next] = both
  t.equal(
    Date.parse(String(next?.activates_at)) - Date.parse(String(next?.created_at)) > 290_000,
    true,
  )
  t.ok(String(old?.retires_at) > String(next?.activates_at))
  t.match(rotated.stdout, next?.kid)
})

await test('S30 keys list shows no private part', async (t) => {
  const url = await freshDatabase(t)
  const shown = [
    await here(['keys', 'list', '--json'], { url }),
    await here(['keys', 'list'], { url }),
  ]
  for (const { privateKey } of await stored(url))
    for (const { stdout } of shown) t.notMatch(stdout, privateKey.slice(-40))
  t.notMatch(JSON.stringify(shown), /PRIVATE|private/)
})

await test('keys rewrap: the old value of SECRET_KEY can go', async (t) => {
  const url = await freshDatabase(t)
  const using = (secret: string): { url: string; env: Env } => ({
    url,
    env: { SECRET_KEY: secret },
  })
  await here(['keys', 'rotate'], using(OLD))
  const before = await stored(url, OLD)
  t.equal(before.length, 2)
  refused(
    t,
    await here(['keys', 'rewrap'], using(NEW)),
    /SECRET_KEY lacks a value that 0 password\(s\) and 2 signing key\(s\)/,
  )
  t.strictSame(await stored(url, OLD), before, 'nothing has changed')

  const both = using(`${NEW},${OLD}`)
  t.match(await commonplace(['keys', 'rewrap'], both), {
    code: 0,
    stdout: 'Encrypted 2 secrets again.\n',
  })
  t.match(await here(['keys', 'rewrap'], both), { code: 0, stdout: /already/ })
  t.match(await here(['keys', 'list'], using(NEW)), { code: 0 })
  refused(t, await here(['keys', 'list'], using(OLD)), /SECRET_KEY lacks a value/)
})

await test('S73 a value of SECRET_KEY that passwords need is asked for, and not shown', async (t) => {
  const url = await freshDatabase(t)
  await register(url, 'alice')
  t.ok(await logsIn(url, 'alice', PASSWORD))
  const result = await commonplace(['user', 'list'], { url, env: { SECRET_KEY: NEW } })
  refused(t, result, /lacks a value that 1 password\(s\) and 1 signing key\(s\)/)
  t.notMatch(result.stderr, NEW)
})

async function list(url: string): Promise<Array<Record<string, string | null>>> {
  const { code, stdout, stderr } = await commonplace(['keys', 'list', '--json'], { url })
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function stored(url: string, secret?: string) {
  return inside(
    url,
    ({ store }) => store.query((q) => q.select().from(store.tables.signingKeys)),
    secret === undefined ? {} : { SECRET_KEY: secret },
  )
}
