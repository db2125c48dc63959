import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import type { Backend } from '../../src/domain/backend.ts'
import { bare, changed, complete, each, open, type Opened, takesKey } from './every-operation.ts'
import { exchange } from './plugins/frame.ts'
import { nameOf, type Operation, recipeOf } from './requests.ts'

/** The replies that an operation has because of what it is, not of what it does: each is forced in every operation that promises it. */

/** A request over a connection, as it stands there, with these header fields. */
async function onTheWire({ app, judge }: Opened, operation: Operation, fields: string[]) {
  const { method } = operation
  const path = operation.path.replace(/\{\w+\}/, '1')
  const text = await exchange(
    app,
    [`${method} ${path} HTTP/1.1`, 'Connection: close', ...fields, '', ''].join('\r\n'),
  )
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [line = '', ...rest] = head.split('\r\n')
  const reply = {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(
      rest.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    ),
    body: undefined,
    text: body,
  }
  judge(method, path, reply)
  return reply
}

/** What operations ask who is calling with. Where that fails, nobody gets in: it is a 503. */
const GUARDS = new Set(['ready', 'tokens', 'keys', 'secrets', 'apiKeyCheck'])
/** They ask nothing else. */
const ASKING_WHO = new Set([
  'v1 getProtected',
  'v1 getPartiallyProtected',
  'v2 getCsrfToken',
  'v2 introspectToken',
])

function broken(name: string, backend: Backend) {
  // It reads no more than that.
  if (name === 'v2 listOperations') return { operations: undefined }
  const works = (part: string) => GUARDS.has(part) && !ASKING_WHO.has(name)
  return {
    backend: new Proxy(backend, {
      get(target, part) {
        if (works(String(part)) || part === 'ready') return Reflect.get(target, part)
        throw new Error('out of order')
      },
    }),
  }
}

await test('400: a request without Host', async (t) => {
  const opened = await open(t)
  await each(t, opened, 400, (operation) => onTheWire(opened, operation, []))
})

await test('431: headers of 17 KiB', async (t) => {
  const opened = await open(t)
  const fields = ['Host: localhost', `X-Long: ${'x'.repeat(17 * 1024)}`]
  await each(t, opened, 431, (operation) => onTheWire(opened, operation, fields))
})

await test('409: an Idempotency-Key whose request is still running', async (t) => {
  const opened = await open(t)
  const { backend, request } = opened
  const { idempotencyKeys } = backend.store.tables
  const keyed = opened.operations.filter((operation) => takesKey(opened, operation))
  t.equal(keyed.length, 8)
  for (const operation of keyed) {
    const { method, url, send } = await complete(opened, operation)
    const headers = { ...send.headers, 'idempotency-key': 'k' }
    const again = () => request(method, url, { ...send, headers })
    t.ok((await again()).status < 300, nameOf(operation))
    // As it is before there is a reply.
    const unanswered = { status: null, headers: null, body: null }
    await backend.store.transaction((tx) =>
      tx.query((q) => q.update(idempotencyKeys).set(unanswered)),
    )
    const reply = await again()
    t.match(reply, { status: 409, body: { code: 'idempotency_key_in_use' } }, nameOf(operation))
  }
})

await test('413: a body that is too large', async (t) => {
  const opened = await open(t)
  const body = JSON.stringify({ title: 'x'.repeat(256 * 1024) })
  await each(t, opened, 413, (operation) => {
    const { headers: own } = recipeOf(operation)
    // Files may be larger, so here it is only said how large it is.
    if (operation.path.endsWith('/import'))
      return changed(opened, operation, { headers: { 'content-length': String(33 * 1024 * 1024) } })
    const headers = { 'content-type': 'application/json', ...own }
    return changed(opened, operation, { body, headers })
  })
})

await test('414: a part of the path that is too long', async (t) => {
  const opened = await open(t)
  await each(t, opened, 414, ({ method, path }) =>
    opened.request(method, path.replace(/\{\w+\}/, 'x'.repeat(101))),
  )
})

await test('415: a body of a type that no operation reads', async (t) => {
  const opened = await open(t)
  const wrong = { body: 'x', headers: { 'content-type': 'application/x-nothing' } }
  await each(t, opened, 415, (operation) => changed(opened, operation, wrong))
})

await test('422: a parameter that is unknown', async (t) => {
  const opened = await open(t)
  // One operation takes any, and says 422 of others (v2/providers-state.test.ts).
  opened.operations = opened.operations.filter((operation) => !recipeOf(operation).isOpen)
  await each(t, opened, 422, (operation) =>
    changed(opened, operation, { query: { nonsense: '1' } }),
  )
})

await test('429: more requests than the limit', async (t) => {
  const opened = await open(t, { env: { RATE_LIMITS: '0.01' } })
  await each(t, opened, 429, async (operation) => {
    let reply = await bare(opened, operation)
    for (let i = 0; i < 6 && reply.status !== 429; i++) reply = await bare(opened, operation)
    return reply
  })
})

await test('503: an event loop that lags', async (t) => {
  const opened = await open(t, { maxEventLoopDelay: 5 })
  await each(t, opened, 503, async (operation) => {
    let reply = await bare(opened, operation)
    // The server looks twice a second, and not before its start is over.
    for (const end = performance.now() + 5000; reply.status !== 503 && performance.now() < end;) {
      for (const busy = performance.now() + 60; performance.now() < busy;);
      await sleep(0)
      reply = await bare(opened, operation)
    }
    return reply
  })
})

await test('500: a fault that nobody foresaw', async (t) => {
  const opened = await open(t)
  const { app, backend } = opened
  const { operations } = app
  await each(t, opened, 500, async (operation) => {
    const { method, url, send } = await complete(opened, operation)
    Object.assign(app, broken(nameOf(operation), backend))
    const reply = await opened.request(method, url, send)
    Object.assign(app, { backend, operations })
    return reply
  })
})
