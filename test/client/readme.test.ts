import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'tap'
import { ALICE, serve } from './node.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
/** What each example prints, in the order of the README of the client, then that of the whole; the one of a page needs a page. */
const PRINTED = [
  /^Hello again by alice\n$/,
  undefined,
  /wrong/,
  /^Water/,
  /^\d+ Look at/,
  /created: 1[^]*"Walden"/,
  /^Return the books\n$/,
]
/** What a page has. */
const PAGE = `
declare function showLogin(code: string): void
`

await test('the examples of the client in both READMEs do what they say', async (t) => {
  const files = ['client/README.md', 'README.md'].map((file) => readFile(join(root, file), 'utf8'))
  const readme = (await Promise.all(files)).join('\n')
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
  t.equal(examples.length, PRINTED.length)
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-readme-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const packages = join(folder, 'node_modules/@commonplace/client')
  await mkdir(packages, { recursive: true })
  await writeFile(
    join(packages, 'package.json'),
    '{ "type": "module", "exports": "./src/index.ts" }',
  )
  await symlink(join(root, 'client/src'), join(packages, 'src'))
  await symlink(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'))
  await writeFile(join(folder, 'page.d.ts'), PAGE)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')

  for (const [i, example] of examples.entries()) {
    const printed = PRINTED[i]
    const file = join(folder, `example-${i}.ts`)
    const node = await serve(t)
    await writeFile(file, example.replace(/(http:\/\/localhost:3000)?\/api\/v2(?=')/, node.baseUrl))
    if (!printed) continue
    const client = node.client()
    await client.login(ALICE)
    await client.POST('/todos', {
      body: { title: 'Return the books', due_at: '2000-01-01T00:00:00Z' },
    })
    // Node strips no types within node_modules: the link leads out of it.
    const flags = [
      '--disable-warning=ExperimentalWarning',
      '--experimental-webstorage',
      `--localstorage-file=${join(folder, `storage-${i}`)}`,
    ]
    const { stdout } = await run(process.execPath, [...flags, file])
    t.match(stdout, printed)
  }

  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { lib: ['esnext', 'dom', 'dom.iterable'], noUnusedLocals: false },
    include: ['*.ts'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await run(process.execPath, [tsc], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  )
  t.equal(stdout, '', 'and are typed')
})
