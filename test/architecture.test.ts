import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'tap'

const root = join(import.meta.dirname, '../src')
const files = globSync('**/*.ts', { cwd: root }).map((name) => ({
  name,
  text: readFileSync(join(root, name), 'utf8'),
}))
const within = (folder: string) => files.filter(({ name }) => name.startsWith(`${folder}/`))
/** What a file imports: packages by name, our own files relative to src. */
const imports = ({ name, text }: { name: string; text: string }) =>
  [...text.matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([, target = '']) =>
    target.startsWith('.') ? relative(root, join(root, name, '..', target)) : target,
  )

await test('time and chance come from the injected clock and ids alone', (t) => {
  const sources = /\bDate\.now\(|new Date\(\)|Math\.random\(|\brandom(Bytes|UUID|Int|FillSync)\b/
  const allowed = new Set(['base/clock.ts', 'base/ids.ts'])
  for (const { name, text } of ['base', 'domain', 'api'].flatMap(within))
    if (!allowed.has(name)) t.notMatch(text, sources, name)
  t.end()
})

await test('imports point one way: api and cli to domain to db to base', (t) => {
  const forbidden: Array<[folder: string, target: RegExp]> = [
    ['base', /^(fastify|@fastify\/(?!error$)|api\/|cli\/|config\/|db\/|domain\/)/],
    ['db', /^(fastify|@fastify\/|api\/|cli\/|config\/|domain\/)/],
    ['domain', /^(fastify|@fastify\/|api\/|cli\/|config\/)/],
    ['config', /^(api|cli|db|domain)\//],
    ['api/v1', /^api\/v2\//],
    ['api', /^(app|serve|server)\.ts$/],
  ]
  for (const [folder, target] of forbidden)
    for (const file of within(folder))
      t.notOk(
        imports(file).find((name) => target.test(name)),
        file.name,
      )
  t.end()
})

await test('the environment is read at the edge only', (t) => {
  for (const { name, text } of files)
    if (!['server.ts', 'cli.ts'].includes(name)) t.notMatch(text, /process\.env/, name)
  t.end()
})

await test('S79 texts are normalised where their marks are bounded, and nowhere else', (t) => {
  // The command that plants examples normalises texts of its own.
  const allowed = new Set(['base/stream-safe.ts', 'cli/seed-data.ts'])
  for (const { name, text } of files)
    if (!allowed.has(name)) t.notMatch(text, /\.normalize\(/, name)
  t.end()
})
