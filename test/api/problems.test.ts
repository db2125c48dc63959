import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { catalogue } from '../../src/api/problems/catalogue.ts'
import { type Entry, HEADERS } from '../../src/api/problems/entry.ts'
import problems from '../../src/api/problems/index.ts'
import { renderPages } from '../../src/api/problems/pages.ts'
import { violations } from '../../src/api/problems/violations.ts'
import { renderProblem } from '../../src/api/problem.ts'
import * as accessErrors from '../../src/base/access-errors.ts'
import * as credentialErrors from '../../src/base/credential-errors.ts'
import * as errors from '../../src/base/errors.ts'
import * as writeErrors from '../../src/base/write-errors.ts'
import { start } from '../helper.ts'
import { frame } from './plugins/frame.ts'

const entries = catalogue.flatMap((section) => section.entries).map(named)
/** What names an entry is read from a document as the server writes it. */
function named(entry: Entry) {
  const { code, type } = JSON.parse(renderProblem(entry.error, entry.instance, 'id'))
  return { ...entry, code: String(code), type: String(type) }
}

const src = join(import.meta.dirname, '../../src')
const sources = globSync('**/*.ts', { cwd: src }).map((name) => ({
  name,
  text: readFileSync(join(src, name), 'utf8'),
}))

const CHARACTERS: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** What a person reads. */
const textOf = (html: string) =>
  html
    .replaceAll(/<style>.*?<\/style>|<[^>]+>/gs, '')
    .replaceAll(/&([^;]+);/g, (entity, name: string) => CHARACTERS[name] ?? entity)

const exampleOn = (html: string) => textOf(/<pre>.*?<\/pre>/s.exec(html)?.[0] ?? '')

const plain = (text: string) => text.replaceAll('`', '')

await test('every error has exactly one entry, and every entry is of an error', async (t) => {
  const classes = Object.entries({
    ...errors,
    ...accessErrors,
    ...writeErrors,
    ...credentialErrors,
  })
  t.ok(classes.length > 0)
  for (const [name, thrown] of classes) {
    const own = entries.filter(({ error }) => error.constructor === thrown)
    t.equal(own.length, 1, name)
  }
  t.equal(entries.length, classes.length)

  // Those too that a file makes for itself.
  const made = sources.flatMap(({ text }) =>
    [...text.matchAll(/createError(?:<[^>]*>)?\(\s*'(\w+)'/g)].map(([, code = '']) => code),
  )
  t.same(
    entries.map(({ code }) => code).toSorted(),
    made.map((code) => code.toLowerCase()).toSorted(),
  )
})

await test('every violation that is explained can happen', async (t) => {
  // That every one that can happen is explained, the compiler sees to.
  const others = sources.filter(({ name }) => !/violation-code|problems\/violations/.test(name))
  for (const code of Object.keys(violations))
    t.ok(
      others.some(({ text }) => text.includes(`'${code}'`)),
      code,
    )
})

await test('/problems lists every code with status, cause and remedy', async (t) => {
  const { request } = await start(t)
  const { status, text } = await request('GET', '/problems')
  t.equal(status, 200)
  const articles = [...text.matchAll(/<article>.*?<\/article>/gs)].map(([html]) => html)
  t.equal(articles.length, entries.length)
  for (const [i, entry] of entries.entries()) {
    const { error, code, type, cause, remedy } = entry
    t.match(articles[i], `<h3><a href="${type}"><code>${code}</code></a>`)
    const said = textOf(articles[i] ?? '')
    for (const part of [String(error.statusCode), plain(cause), plain(remedy)])
      t.ok(said.includes(part), `${code}: ${part}`)
  }
})

await test('the documents list every code, and leave room for more', async (t) => {
  const { request } = await start(t)
  const codes = entries.map(({ code }) => code).toSorted()
  for (const document of ['openapi', 'openapi-3.0']) {
    const { body } = await request('GET', `/api/v2/${document}.json`)
    const { code } = body.components.schemas.Problem.properties
    t.strictSame(code['x-extensible-enum'], codes, document)
    t.notOk(code.enum, 'strict clients read what is newer than they are')
  }
})

await test('the type of every problem answers with its page', async (t) => {
  const { request } = await start(t)
  for (const { error, code, type, cause, remedy } of entries) {
    const { status, headers, text } = await request('GET', type)
    t.match({ status, headers }, { status: 200, headers: { 'content-type': /^text\/html/ } })
    const { title } = JSON.parse(exampleOn(text))
    t.match(text, `<title>${code} (${error.statusCode} ${title})</title>`)
    t.match(text, `<h1><code>${code}</code></h1>`)
    t.match(text, `<p class="status">${error.statusCode} ${title}</p>`)
    for (const part of [cause, remedy]) t.ok(textOf(text).includes(plain(part)), `${code}: ${part}`)
  }
})

await test('the page of validation_failed explains the codes of violations', async (t) => {
  const { request } = await start(t)
  const { text } = await request('GET', '/problems/validation-failed')
  const rows = [...text.matchAll(/<tr><th scope="row"><code>(\w+)<\/code><\/th><td>(.+?)<\/td>/g)]
  t.same(
    rows.map(([, code, meaning = '']) => [code, textOf(meaning)]),
    Object.entries(violations).map(([code, meaning]) => [code, plain(meaning)]),
  )
  t.notMatch((await request('GET', '/problems/not-found')).text, '<table>')
})

await test('an example is what the server sends, and the headers named are those it has', async (t) => {
  const app = await frame(t, (routes) => {
    for (const url of new Set(entries.map(({ instance }) => instance)))
      routes.get(url, async ({ headers }) => {
        throw entries.find(({ code }) => code === headers['x-code'])?.error
      })
    void routes.register(problems)
  })
  for (const { code, type, instance } of entries) {
    const page = (await app.inject(type)).body
    const example = JSON.parse(exampleOn(page))
    const headers = { 'x-code': code, 'x-request-id': example.request_id }
    const reply = await app.inject({ url: instance, headers })
    t.same(reply.json(), example, code)
    t.equal(reply.statusCode, example.status, code)
    for (const name of Object.keys(HEADERS)) {
      const isNamed = page.includes(`<dt><code>${name}</code></dt>`)
      t.equal(isNamed, reply.headers[name.toLowerCase()] !== undefined, `${code}: ${name}`)
    }
  }
})

await test('S63 the pages run nothing, load an icon at most and may be cached', async (t) => {
  const { request } = await start(t)
  for (const path of ['/problems', ...entries.map(({ type }) => type)]) {
    const { headers, text } = await request('GET', path)
    const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    t.match(headers, {
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=3600',
      'x-api-version': '2',
    })
    t.notMatch(text, /<script|\bstyle=|\bon\w+=|src=|@import|url\(/, path)
    const head = await request('HEAD', path)
    t.match(head, { status: 200, text: '' })
    t.equal(head.headers['content-length'], headers['content-length'])
    t.equal(head.headers['content-security-policy'], headers['content-security-policy'])
  }
})

await test('every link on the pages leads somewhere', async (t) => {
  const { request } = await start(t)
  const found = new Set<string>(['/problems'])
  for (const path of found) {
    const { status, text } = await request('GET', path)
    t.equal(status, 200, path)
    if (!path.startsWith('/problems')) continue
    for (const [, href = ''] of text.matchAll(/href="([^"]+)"/g)) found.add(href)
  }
  for (const { type } of entries) t.ok(found.has(type), type)
  t.ok(found.has('/docs'))
})

await test('the type of a problem that really happened can be followed', async (t) => {
  const { request } = await start(t)
  for (const [method, url, code] of [
    ['GET', '/api/v2/nothing', 'route_not_found'],
    ['GET', '/api/v2/me', 'token_missing'],
    ['GET', '/api/v2/authz?colour=red', 'validation_failed'],
    ['POST', '/healthz', 'method_not_allowed'],
    ['GET', '/%zz', 'malformed_request'],
    ['GET', '/problems/no-such-code', 'route_not_found'],
    ['GET', '/problems/not_found', 'route_not_found'],
    ['GET', '/problems/', 'route_not_found'],
    ['GET', `/problems/${'x'.repeat(101)}`, 'uri_too_long'],
    ['PUT', '/problems', 'method_not_allowed'],
    ['DELETE', '/problems/not-found', 'method_not_allowed'],
  ] as const) {
    const { headers, body } = await request(method, url)
    t.equal(body.code, code, url)
    t.match(headers, {
      'content-type': /^application\/problem\+json/,
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      ...(code === 'method_not_allowed' && { allow: 'GET, HEAD, OPTIONS' }),
    })
    t.match((await request('GET', body.type)).text, `<h1><code>${code}</code></h1>`)
  }
})

await test('what an entry says is text, never markup', async (t) => {
  const hostile = `<script>"&amp;'`
  const entry = {
    error: new errors.NotFound(hostile),
    instance: hostile,
    cause: `${hostile} and \`${hostile}\``,
    remedy: hostile,
  }
  const pages = renderPages([{ title: hostile, entries: [entry] }])
  t.same([...pages.keys()], ['/problems', '/problems/not-found'])
  for (const html of pages.values()) {
    t.notMatch(html, '<script')
    t.match(html, '<code>&lt;script&gt;&quot;&amp;amp;&#39;</code>')
    t.ok(textOf(html).includes(`${hostile} and ${hostile}`))
  }
  t.match(JSON.parse(exampleOn(pages.get('/problems/not-found') ?? '')), {
    detail: `${hostile} not found`,
    instance: "%3Cscript%3E%22&amp;'",
  })
})
