import { isDeepStrictEqual } from 'node:util'
import { buildApp } from '../../src/app.ts'
import { type Env, loadConfig } from '../../src/config/index.ts'
import { VERSIONS, type VersionName } from '../contract/documents.ts'
import { type Keeper, recordsOf, registerKeeper } from './keeper.ts'
import { type Result, runCollection } from './newman.ts'
import type { Folder } from './step.ts'
import { V1 } from './v1.ts'
import { V2 } from './v2.ts'

/** `npm run postman:test`: Newman sends the requests of both collections to servers of its own. */
const STEPS = { v1: stepsOf(V1), v2: stepsOf(V2) }

await onServer('a fresh server', {}, async (address) => {
  for (const version of VERSIONS) {
    passes(version, await runCollection(version, { baseUrl: address }), all(version))
    // Each collection has one request that is nothing else.
    const renewals = await answers(address, 'POST', `/api/${version}/(?:auth/)?refresh`, 200)
    check(`the session was refreshed ${renewals} times`, renewals === 1)
  }
})

await onServer('tokens of 30 s', { JWT_ACCESS_TOKEN_EXPIRES: '30' }, async (address) => {
  for (const version of VERSIONS) {
    passes(version, await runCollection(version, { baseUrl: address }), all(version))
    // They are always about to expire, so each is renewed before the next request.
    const renewals = await answers(address, 'POST', `/api/${version}/(?:auth/)?refresh`, 200)
    check(`the session was refreshed ${renewals} times`, renewals > 1)
  }
})

await onServer('somebody who is there already', {}, async (address) => {
  const keeper = await registerKeeper(address)
  const before = await recordsOf(keeper)
  const { username, password } = keeper
  for (const version of VERSIONS) {
    const result = await runCollection(version, { baseUrl: address, username, password })
    const others = STEPS[version].filter(
      ({ id, registered }) => registered || id.startsWith('register'),
    )
    passes(version, result, all(version) - others.length)
    await unchanged(keeper, before)
  }

  const wrong = { baseUrl: address, username, password: 'not the password' }
  for (const version of VERSIONS)
    fails(
      `${version}, a wrong password`,
      await runCollection(version, wrong),
      /^Log in: .*expected 401/,
    )

  // The variables say that the account was registered by the collection, the token is another's.
  const accessToken = keeper.accessToken
  const claimed = { registered: username.toUpperCase(), username: username.toUpperCase() }
  const variables = { baseUrl: address, ...claimed, accessToken, accessTokenExpires: '9e15' }
  for (const [version, folder] of [
    ['v1', 'Users'],
    ['v2', 'Me'],
  ] as const) {
    const { failures } = await runCollection(version, variables, folder)
    check(`${version}, the token of another: ${failures.join(', ')}`, failures.length === 0)
    await unchanged(keeper, before)
  }
})

await onServer('the limits of a server', { RATE_LIMITS: 'on' }, async (address) => {
  for (const version of VERSIONS)
    passes(version, await runCollection(version, { baseUrl: address }), all(version), 'waits')
  const refused = await answers(address, '\\w+', '[^"]*', 429)
  check(`it was refused ${refused} times`, refused > 0)
  const left = (await fetch(`${address}/api/v1/users`)).headers.get('x-total-count')
  check(`${left} accounts are left`, left === '0')
})

await onServer('no more registrations', { RATE_LIMITS: '0.14' }, async (address) => {
  await registerKeeper(address, { empty: true })
  for (const version of VERSIONS)
    fails(
      version,
      await runCollection(version, { baseUrl: address }),
      /^Register: .*RATE_LIMITS=off/,
    )
})

await onServer('a folder, and nobody', {}, async (address) => {
  for (const version of VERSIONS)
    fails(
      version,
      await runCollection(version, { baseUrl: address }, 'Posts'),
      /^Write a post: .*set username and password/,
    )
})

async function onServer(name: string, env: Env, use: (address: string) => Promise<void>) {
  console.log(name)
  const app = await buildApp(loadConfig({ NODE_ENV: 'test', ...env }))
  try {
    await use(await app.listen({ host: '127.0.0.1', port: 0 }))
  } finally {
    await app.close()
  }
}

function stepsOf(folders: readonly Folder[]) {
  return folders.flatMap(({ steps }) => steps)
}

/** How many requests a run sends: the stream of events never ends, so it is left out. */
function all(version: VersionName) {
  return STEPS[version].filter(({ id }) => id !== 'streamEvents').length
}

/** How many answers of a status the server has given, as it tells. */
async function answers(address: string, method: string, route: string, status: number) {
  const metrics = await (await fetch(`${address}/metrics`)).text()
  const counts = metrics.matchAll(
    new RegExp(`_count\\{method="${method}",route="${route}",status="${status}"\\} (\\d+)`, 'g'),
  )
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

function check(what: string, holds: boolean) {
  if (holds) return
  console.error(`  ${what}`)
  process.exitCode = 1
}

/** Every one of `requests` is answered as it should be; where a run waits, some are refused before. */
function passes(
  version: VersionName,
  { answered, assertions: { total, failed }, failures }: Result,
  requests: number,
  manner?: 'waits',
) {
  console.log(`  ${version}: ${answered} requests, ${total - failed} of ${total} assertions passed`)
  for (const failure of failures) check(failure, false)
  check(`${requests} requests expected`, manner ? answered >= requests : answered === requests)
  // Three assertions for each request, two where the reply has no body in JSON.
  check(`${2 * requests} assertions expected`, total >= 2 * requests)
}

/** One request fails, for a reason that is told, and the run ends with it. */
function fails(name: string, { answered, failures }: Result, reason: RegExp) {
  console.log(`  ${name}: ${failures.join(', ')}`)
  check('one request expected', answered === 1)
  check(
    `one failure expected, ${reason.source}`,
    failures.length === 1 && reason.test(failures[0] ?? ''),
  )
}

async function unchanged(keeper: Keeper, before: object) {
  const after = await recordsOf(keeper)
  check(
    `their records: ${JSON.stringify(before)}, now ${JSON.stringify(after)}`,
    isDeepStrictEqual(after, before),
  )
}
