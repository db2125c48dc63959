import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildApp } from '../../src/app.ts'
import { type Env, loadConfig } from '../../src/config/index.ts'
import { VERSIONS, type VersionName } from '../contract/documents.ts'
import { root } from '../contract/met.ts'

/**
 * `npm run postman:test`: Newman sends every request of both collections to a server of its own, twice: the second time each access
 * token is always about to expire, so that the collection renews it before each request.
 */
const SERVERS: Array<{ name: string; env: Env; renews: boolean }> = [
  { name: 'a fresh server', env: {}, renews: false },
  { name: 'tokens of 30 s', env: { JWT_ACCESS_TOKEN_EXPIRES: '30' }, renews: true },
]
/** They are skipped: the stream of events never ends. */
const SKIPPED = { v1: 0, v2: 1 }

interface Report {
  collection: { item: Array<{ item: unknown[] }> }
  run: {
    stats: Record<'requests' | 'assertions', { total: number; failed: number }>
    failures: Array<{ source?: { name: string }; error: { test?: string; message: string } }>
  }
}

const folder = await mkdtemp(join(tmpdir(), 'commonplace-postman-'))
try {
  for (const { name, env, renews } of SERVERS) {
    const app = await buildApp(loadConfig({ NODE_ENV: 'test', ...env }))
    try {
      const address = await app.listen({ host: '127.0.0.1', port: 0 })
      for (const version of VERSIONS) {
        tell(version, name, await run(version, address))
        const renewals = await refreshes(version, address)
        // Each collection has one request that is nothing else.
        if (renewals > 1 === renews) continue
        console.error(`  the session was refreshed ${renewals} times`)
        process.exitCode = 1
      }
    } finally {
      await app.close()
    }
  }
} finally {
  await rm(folder, { recursive: true })
}

async function run(version: VersionName, address: string): Promise<Report> {
  const report = join(folder, 'report.json')
  await promisify(execFile)(
    process.execPath,
    [
      join(root, 'node_modules/newman/bin/newman.js'),
      'run',
      join(root, `postman/${version}.postman_collection.json`),
      `--environment=${join(root, 'postman/local.postman_environment.json')}`,
      `--env-var=baseUrl=${address}`,
      '--reporters=json',
      `--reporter-json-export=${report}`,
      '--suppress-exit-code',
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  )
  return JSON.parse(await readFile(report, 'utf8'))
}

/** How often the sessions of a version were refreshed, as the server tells. */
async function refreshes(version: VersionName, address: string) {
  const metrics = await (await fetch(`${address}/metrics`)).text()
  const count = new RegExp(
    `_count\\{method="POST",route="/api/${version}/(?:auth/)?refresh",status="200"\\} (\\d+)`,
  )
  return Number(count.exec(metrics)?.[1] ?? 0)
}

function tell(
  version: VersionName,
  name: string,
  { collection, run: { stats, failures } }: Report,
) {
  const requests = collection.item.reduce((all, { item }) => all + item.length, -SKIPPED[version])
  const { total } = stats.assertions
  console.log(
    `${version}, ${name}: ${requests} requests, ${total - stats.assertions.failed} of ${total} assertions passed`,
  )
  for (const { source, error } of failures)
    console.error(`  ${source?.name}: ${error.test ?? ''} ${error.message}`)
  // Three assertions for each request, two where the reply has no body in JSON.
  if (failures.length > 0 || total < 2 * requests) process.exitCode = 1
}
