import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'tap'
import { PASSWORD, serve } from './node.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
/** The oldest Node that the package is for, when the machine has it beside ours. */
const OLDEST = 20

/** As plain JavaScript, without any types. */
const PROGRAM = `
import { createClient, ProblemError } from '@commonplace/client'
const [, , baseUrl, password] = process.argv
const client = createClient({ baseUrl })
await client.login({ identifier: 'alice', password })
for (const title of ['a', 'b']) await client.POST('/todos', { body: { title } })
const controller = new AbortController()
const events = client.events({ lastEventId: 1, signal: controller.signal })
const { value } = await events.next()
const titles = []
for await (const todo of client.all('/todos', { query: { limit: 1, sort: 'id:asc' } })) titles.push(todo.title)
const problem = await client.GET('/posts/{id}', { params: { path: { id: 42 } } }).catch((error) => error)
controller.abort()
await client.logout()
console.log(JSON.stringify([process.version, titles, value.data.title, problem instanceof ProblemError, problem.code]))
`

const TYPED = `
import { createClient, type Event, memoryStorage, ProblemError, type ProblemCode } from '@commonplace/client'
const client = createClient({ baseUrl: '/api/v2', storage: memoryStorage() })
export async function titles(): Promise<string[]> {
  const { data } = await client.GET('/posts/{id}', { params: { path: { id: 1 } } })
  const all: string[] = [data.title, data.user.username]
  for await (const post of client.all('/posts', { query: { sort: 'title:asc' } })) all.push(post.title)
  for await (const { id, title } of client.all('/todos', { query: { fields: ['id', 'title'] } })) all.push(title + id)
  for await (const entry of client.all('/audit-events')) all.push(entry.action)
  const removed: undefined = (await client.DELETE('/posts/{id}', { params: { path: { id: 1 } } })).data
  const csv: string = (await client.GET('/posts/export', { params: { query: { format: 'csv' } }, parseAs: 'text' })).data
  const known = { path: { id: 1 }, header: { 'if-none-match': '"a"' } }
  const same: { title: string } | undefined = (await client.GET('/posts/{id}', { params: known })).data
  return [...all, csv, String(removed), String(same)]
}
export const nameOf = (event: Event): string | undefined => {
  if (event.type === 'reset') return event.at
  return event.type === 'book.created' ? event.data?.author : event.data?.title
}
export const codeOf = (error: unknown): ProblemCode | undefined =>
  error instanceof ProblemError ? error.code : undefined
export async function refused() {
  // @ts-expect-error no such path
  await client.GET('/nothing')
  // @ts-expect-error the id is missing
  await client.GET('/posts/{id}')
  // @ts-expect-error a title is text
  await client.POST('/posts', { body: { title: 5, content: 'x' } })
  // @ts-expect-error no list
  for await (const one of client.all('/me')) void one
  // @ts-expect-error not asked for
  for await (const { content } of client.all('/posts', { query: { fields: ['id'] } })) void content
  // @ts-expect-error both is none
  await client.login({ identifier: 'alice' })
}
`
const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
  types: [],
}

/** Packs as for npm and installs it, with what it needs, from files. */
async function install(folder: string) {
  const npm = (...args: string[]) => run('npm', args, { cwd: root })
  const packed = join(folder, 'packed')
  await mkdir(packed)
  await npm('pack', '--workspace', 'client', '--pack-destination', packed)
  for (const name of ['openapi-fetch', 'openapi-typescript-helpers'])
    await npm('pack', `./node_modules/${name}`, '--ignore-scripts', '--pack-destination', packed)
  const files = (await readdir(packed)).map((name) => join(packed, name))
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts']
  await run('npm', ['install', ...flags, ...files], { cwd: folder })
  return join(folder, 'node_modules/@commonplace/client')
}

await test('the package as npm gives it', async (t) => {
  // Not within the project, whose packages would be found.
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-client-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const installed = await install(folder)
  const files = await readdir(installed, { recursive: true })
  t.ok(files.includes('README.md') && files.includes('LICENSE'))
  t.notOk(
    files.find((name) => /\.test|generate|tsconfig|[^d]\.ts$/.test(name)),
    'nothing but what is used',
  )
  const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  for (const file of Object.values(exports['.'])) t.ok(existsSync(join(installed, String(file))))

  await t.test('works from plain JavaScript', async (t) => {
    const node = await serve(t)
    await writeFile(join(folder, 'program.js'), PROGRAM)
    const all = await versions()
    for (const [major, binary] of all) {
      const { stdout } = await run(binary, ['program.js', node.baseUrl, PASSWORD], { cwd: folder })
      const [version, titles, ...rest] = JSON.parse(stdout)
      t.match(version, new RegExp(`^v${major}\\.`))
      t.strictSame(titles.slice(0, 2), ['a', 'b'])
      t.strictSame(rest, ['b', true, 'not_found'])
    }
    t.comment(`on Node ${[...all.keys()].join(' and ')}`)
  })

  await t.test('is typed, under strict settings', async (t) => {
    await mkdir(join(folder, 'src'))
    await writeFile(join(folder, 'src/index.ts'), TYPED)
    for (const [compiler, resolution] of [
      ['node_modules/typescript/bin/tsc', 'nodenext'],
      ['client/node_modules/typescript/bin/tsc', 'bundler'],
    ] as const) {
      const module = resolution === 'bundler' ? 'esnext' : 'nodenext'
      const compilerOptions = { ...STRICT, module, moduleResolution: resolution }
      const config = { compilerOptions, include: ['src'] }
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
      const { stdout } = await run(process.execPath, [join(root, compiler)], {
        cwd: folder,
      }).catch((error: { stdout: string }) => error)
      t.equal(stdout, '', `${compiler}, ${resolution}`)
    }
  })
})

/** The programs called `node` on this machine, by their major version. */
async function versions(): Promise<Map<number, string>> {
  const found = new Map([[Number.parseInt(process.versions.node, 10), process.execPath]])
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const binary = join(folder, 'node')
    if (!existsSync(binary)) continue
    const { stdout } = await run(binary, ['--version'])
    const major = Number.parseInt(stdout.slice(1), 10)
    if (major >= OLDEST && !found.has(major)) found.set(major, binary)
  }
  return found
}
