import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { parseEnv, promisify } from 'node:util'
import { test, type Test } from 'tap'
import { catalogue } from '../../src/api/problems/catalogue.ts'
import { loadConfig } from '../../src/config/index.ts'
import { movableClock, start } from '../helper.ts'

const folder = new URL('../../docs/', import.meta.url)
const textOf = (name: string) => readFileSync(new URL(`${name}.md`, folder), 'utf8')
const snippets = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  )

/** The functions of a guide's scripts, told where the API is. */
async function functionsOf(name: string, api: string) {
  const source = `const API = '${api}'\n${snippets(textOf(name), 'js').join('\n')}`
  return import(`data:text/javascript,${encodeURIComponent(source)}`)
}

/** What a link can lead to in a file. */
const headings = (file: URL) => [
  '',
  ...[...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  ),
]

/** Guides with a script for a shell, and what its `API` is. */
const SCRIPTS = [
  ['log-in-and-refresh', '/api/v2'],
  ['paging', '/api/v2'],
  ['concurrency', '/api/v2'],
  ['errors', '/api/v2'],
  ['from-flask-jwt', '/api/v1'],
  ['v1-to-v2', '/api'],
] as const
for (const [name, path] of SCRIPTS)
  await test(`the script of docs/${name}.md does what its comments say`, async (t) => {
    const script = snippets(textOf(name), 'sh').join('\n')
    const promised = [...script.matchAll(/# ((?:\d{3} ?)+)$/gm)].flatMap(([, statuses = '']) =>
      statuses.split(' '),
    )
    t.ok(promised.length >= 5, 'the script says which status each call has')

    const { app } = await start(t)
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      env: { ...process.env, API: address + path },
    })
    t.same(
      stdout.split('\n').filter((line) => /^\d{3}$/.test(line)),
      promised,
    )
  })

/** A server, somebody who is logged in to it, and the functions of a guide. */
async function meet(t: Test, name: string) {
  const clock = movableClock()
  const started = await start(t, { clock })
  const api = `${await started.app.listen({ host: '127.0.0.1', port: 0 })}/api/v2`
  const alice = await started.as('alice')
  const headers = { Authorization: `Bearer ${alice.accessToken}` }
  return { ...started, clock, alice, headers, guide: await functionsOf(name, api) }
}

await test('docs/log-in-and-refresh.md: ten requests with an expired token, one refresh', async (t) => {
  const { guide, alice, clock, app } = await meet(t, 'log-in-and-refresh')
  t.equal(await guide.logIn('alice', 'not hers'), false)
  t.equal(await guide.logIn('alice', alice.password), true)
  t.equal((await guide.call('/me')).status, 200)

  clock.advance(901)
  let refreshes = 0
  app.server.on('request', ({ url }) => void (refreshes += Number(url === '/api/v2/auth/refresh')))
  const replies = await Promise.all(Array.from({ length: 10 }, () => guide.call('/me')))
  t.same(new Set(replies.map(({ status }) => status)), new Set([200]))
  t.equal(refreshes, 1)

  t.equal((await guide.call('/auth/logout', { method: 'POST' })).status, 204)
  t.equal((await guide.call('/me')).status, 401, 'over is over')
})

await test('docs/paging.md: to the last record', async (t) => {
  const { guide, alice, headers } = await meet(t, 'paging')
  for (let made = 0; made < 3; made++)
    await alice.post('/api/v2/todos/bulk', {
      operations: Array.from({ length: 50 }, (_, i) => ({
        op: 'create',
        value: { title: `${made} ${i}` },
      })),
    })
  const titles = new Set()
  for await (const { title } of guide.all('/todos', { sort: 'title:asc' }, headers))
    titles.add(title)
  t.equal(titles.size, 150)
})

await test('docs/concurrency.md: everyone counts', async (t) => {
  const { guide, alice, headers } = await meet(t, 'concurrency')
  const created = await guide.create('/todos', headers, { title: '0' })
  t.equal(created.status, 201)
  const { id } = await created.json()
  const count = () =>
    guide.update(`/todos/${id}`, headers, ({ title }: { title: string }) => ({
      title: `${Number(title) + 1}`,
    }))
  const replies = await Promise.all([count(), count(), count(), count()])
  t.same(
    replies.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  t.match(await alice.get(`/api/v2/todos/${id}`), { body: { title: '4' } })
})

await test('docs/errors.md: the example is what the server says', async (t) => {
  const {
    guide: { send },
    alice,
    headers,
  } = await meet(t, 'errors')
  const [, example = ''] = /```json\n(.*?)```/s.exec(textOf('errors')) ?? []
  const { request_id: _, ...said } = JSON.parse(example)
  const reply = await alice.post('/api/v2/posts', { content: 'x', colour: 'blue' })
  t.match(reply.body, said)
  await t.rejects(send('/posts/2147483647', {}), { code: 'not_found', status: 404 })
  t.equal((await send('/posts', { headers })).status, 200)
})

await test('docs/errors.md: an hour is not waited for', async (t) => {
  const { guide } = await meet(t, 'errors')
  const body = JSON.stringify({ email: 'mary@example.com' })
  const headers = { 'Content-Type': 'application/json' }
  await t.rejects(guide.send('/auth/password/forgot', { method: 'POST', headers, body }), {
    code: 'mail_unavailable',
  })
})

await test('the tables of refusals lack none', (t) => {
  const errors = catalogue.flatMap(({ entries }) => entries.map(({ error }) => error))
  const [, statuses = ''] = textOf('errors').split('## What to do about it')
  for (const status of new Set(errors.map(({ statusCode }) => String(statusCode))))
    t.match(statuses, new RegExp(`^\\|[\\d, ]*${status}`, 'm'), status)
  const listed = [...statuses.matchAll(/^- (\d{3}): ((?:.|\n {2})*)/gm)].flatMap(
    ([, status, list = '']) =>
      [...list.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`),
  )
  t.strictSame(
    listed.toSorted(),
    errors.map(({ statusCode, code }) => `${statusCode} ${code.toLowerCase()}`).toSorted(),
  )
  const [, codes = ''] = textOf('log-in-and-refresh').split('## Which 401 is it?')
  for (const { code } of errors.filter(({ statusCode }) => statusCode === 401))
    t.match(codes, `| \`${code.toLowerCase()}\``, code)
  t.end()
})

/** What else runs scripts of guides: test/browser. */
const IN_A_BROWSER = ['cookie-transport', 'openid-connect']

/** By programs: no guides. */
const WRITTEN = new Set(['conformance.md', 'security.md'])

for (const name of IN_A_BROWSER)
  await test(`the settings of docs/${name}.md are good in production`, (t) => {
    const [settings = ''] = snippets(textOf(name), 'sh')
    const env = parseEnv(settings)
    t.ok(Object.keys(env).length >= 3)
    t.doesNotThrow(() =>
      loadConfig({ NODE_ENV: 'production', SECRET_KEY: randomBytes(32).toString('hex'), ...env }),
    )
    t.end()
  })

await test('every guide is run, and the README leads to it', (t) => {
  const guides = readdirSync(folder)
    .filter((name) => name.endsWith('.md') && !WRITTEN.has(name))
    .map((name) => name.replace('.md', ''))
  const readme = readFileSync(new URL('../README.md', folder), 'utf8')
  for (const name of guides) {
    t.ok(IN_A_BROWSER.includes(name) || SCRIPTS.some(([script]) => script === name), name)
    t.ok(readme.includes(`(docs/${name}.md)`), `${name}: in the README`)
    for (const [, language] of textOf(name).matchAll(/^```(\w*)\n.*?^```$/gms))
      t.match(language, /^(sh|js|json|python|)$/, `${name}: nothing else runs here`)
    for (const [, link = '', anchor] of textOf(name).matchAll(
      /\]\(([\w./-]+\.md)(?:#([\w-]+))?\)/g,
    ))
      t.ok(headings(new URL(link, folder)).includes(anchor ?? ''), `${name}: ${link}#${anchor}`)
  }
  t.end()
})
