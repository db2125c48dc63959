import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { test } from 'tap'
import { start } from '../helper.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

for (const [heading, variable, version, shown = ''] of [
  ['A round trip', 'API', 'v1'],
  ['The same with v2', 'V2', 'v2'],
  ['What one owns, with v2', 'V2', 'v2', 'event: todo.created'],
] as const)
  await test(`the script under "${heading}" does what its comments say`, async (t) => {
    const section = readme.slice(readme.indexOf(`## ${heading}\n`))
    const [, script = ''] = /```sh\n(.*?)```/s.exec(section) ?? []
    const promised = [...script.matchAll(/# (\d{3})$/gm)].map(([, status]) => status)
    t.ok(promised.length >= 7, 'the script says which status each call has')

    const { app } = await start(t)
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      env: { ...process.env, [variable]: `${address}/api/${version}` },
    })
    const statuses = stdout.split('\n').filter((line) => /^\d{3}$/.test(line))
    t.same(statuses, promised)
    t.ok(stdout.includes(shown))
  })

await test('the README maps every route of the documents', async (t) => {
  const { documents } = await start(t)
  for (const [version, { paths }] of Object.entries<{ paths: object }>(documents)) {
    const [, section = ''] = readme.split(`### ${version}\n`)
    const [map = ''] = section.split('\n### ')
    for (const path of Object.keys(paths))
      t.ok(map.includes(`${path}\``) || map.includes(`${path}, `), `${version}: ${path}`)
  }
})
