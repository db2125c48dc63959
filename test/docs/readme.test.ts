import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { test } from 'tap'
import { start } from '../helper.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

await test('the round trip of the README does what its comments say', async (t) => {
  const [, script = ''] = /## A round trip\n.*?```sh\n(.*?)```/s.exec(readme) ?? []
  const promised = [...script.matchAll(/# (\d{3})$/gm)].map(([, status]) => status)
  t.ok(promised.length >= 8, 'the script says which status each call has')

  const { app } = await start(t)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    env: { ...process.env, API: `${address}/api/v1` },
  })
  const statuses = stdout.split('\n').filter((line) => /^\d{3}$/.test(line))
  t.same(statuses, promised)
})

await test('the README maps every route of the document', async (t) => {
  const { document } = await start(t)
  for (const path of Object.keys(document.paths))
    t.ok(readme.includes(`${path}\``) || readme.includes(`${path}, `), path)
})
