import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config/index.ts'

/**
 * Lints every document that the app serves with Spectral and Redocly, all rules, and fails on any finding. Not a test file: it
 * takes some 20 seconds, so CI runs it beside the tests.
 */
const DOCUMENTS = [
  '/api/v1/openapi.json',
  '/api/v1/openapi-3.0.json',
  '/api/v2/openapi.json',
  '/api/v2/openapi-3.0.json',
]

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

const folder = await mkdtemp(join(tmpdir(), 'commonplace-contract-'))
const app = await buildApp(
  loadConfig({ NODE_ENV: 'test', DATABASE_URL: `sqlite:${folder}/lint.db` }),
)
try {
  for (const url of DOCUMENTS) {
    const { body } = await app.inject(url)
    const file = join(folder, url.slice('/api/'.length).replace('/', '-'))
    await writeFile(file, JSON.stringify(JSON.parse(body), null, 2))
    run('spectral', 'lint', file, '--ruleset', join(root, '.spectral.yaml'), '--fail-severity=hint')
    // v1 is the plain contract: its errors are not problem details.
    const skip = url.includes('/v1/')
      ? ['--skip-rule', 'operation-4xx-problem-details-rfc7807']
      : []
    run('redocly', 'lint', file, '--config', join(root, 'redocly.yaml'), ...skip)
  }
} finally {
  await app.close()
  await rm(folder, { recursive: true })
}

function run(name: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(bin(name), args, { env, encoding: 'utf8' })
  process.stdout.write(stdout + stderr)
  // Redocly succeeds when all it has to say are warnings.
  if (status !== 0 || /\bwarning/i.test(stdout + stderr)) process.exitCode = 1
}
