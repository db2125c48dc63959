import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { handTimers, watch } from './event-stream.ts'
import { RESOURCES, urlOf } from './content.ts'
import { refused } from './session.ts'

async function open(t: Test, env = {}) {
  const timers = handTimers()
  const started = await start(t, { timers, env })
  return { ...started, timers }
}

await test('the reply is a stream that nobody keeps back', async (t) => {
  const started = await open(t, { CORS_ORIGINS: 'https://app.example.com' })
  const alice = await started.as('alice')
  const stream = await watch(t, started, alice.accessToken, {
    headers: { origin: 'https://app.example.com' },
  })
  t.match(stream, {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-api-version': '2',
      'x-request-id': /./,
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      'content-encoding': undefined,
      'content-length': undefined,
    },
  })
  t.strictSame(await stream.block(), { retry: '3000', comment: 'here', id: '0' }, 'and says so')
  const head = await alice.send('HEAD', '/api/v2/events')
  t.match(head, { status: 200, headers: { 'content-type': stream.headers['content-type'] } })
  t.equal(started.backend.events.size, 1, 'HEAD opens none')
})

await test('whatever happens to a record, by v1 or v2, is told with the record as it is', async (t) => {
  const started = await open(t)
  const alice = await started.as('alice')
  const stream = await watch(t, started, alice.accessToken)
  const ajv = addFormats.default(new Ajv2020({ strict: false }))
  ajv.addSchema({ $id: 'document', ...started.documents.v2 })
  const isEvent = ajv.compile({ $ref: 'document#/components/schemas/Event' })
  let last = 0

  async function told(type: string, id: number, data: unknown) {
    const found = await stream.event()
    t.strictSame(found, {
      event: type,
      id: found?.id,
      data: {
        id: found?.id,
        type,
        resource_id: id,
        at: found?.data.at,
        ...(data !== undefined && { data }),
      },
    })
    t.ok(isEvent(found?.data), JSON.stringify(isEvent.errors))
    t.ok(Number(found?.id) > last)
    last = Number(found?.id)
  }
  for (const resource of RESOURCES) {
    const kind = resource.name.slice(0, -1)
    const created = await alice.post(urlOf(resource), resource.most)
    const { id } = created.body
    await told(`${kind}.created`, id, created.body)
    const [[patch] = [{}]] = resource.patches
    const changed = await alice.patch(urlOf(resource, id), patch)
    await told(`${kind}.updated`, id, changed.body)
    const v1 = `/api/v1/${resource.name}/${id}`
    await alice.put(v1, { title: 'by v1', ...(kind === 'book' && { author: 'the same' }) })
    await told(`${kind}.updated`, id, (await alice.get(urlOf(resource, id))).body)
    await alice.delete(v1)
    await told(`${kind}.deleted`, id, undefined)
  }
})

await test('to-dos are told to their owner alone, posts and books to everyone', async (t) => {
  const started = await open(t)
  const [alice, bob] = [await started.as('alice'), await started.as('bob')]
  const admin = await started.as('root-of-all', 'admin')
  const others = [
    await watch(t, started, bob.accessToken),
    await watch(t, started, admin.accessToken),
  ]
  const own = await watch(t, started, alice.accessToken)
  const todo = await alice.post('/api/v2/todos', { title: 'secret' })
  const path = `/api/v2/todos/${todo.body.id}`
  await alice.patch(path, { completed: true })
  await alice.delete(path)
  await alice.post('/api/v2/posts', { title: 'open', content: 'to all' })
  await alice.post('/api/v2/books', { title: 'open', author: 'to all' })

  const types = async (stream: typeof own, count: number) =>
    (await stream.events(count)).map((one) => one?.event)
  t.strictSame(await types(own, 5), [
    'todo.created',
    'todo.updated',
    'todo.deleted',
    'post.created',
    'book.created',
  ])
  for (const stream of others)
    t.strictSame(await types(stream, 2), ['post.created', 'book.created'])
  const resumed = await watch(t, started, bob.accessToken, { lastEventId: 0 })
  t.strictSame(await types(resumed, 2), ['post.created', 'book.created'], 'later, too')
})

await test('a record of another than the event says is not shown with it', async (t) => {
  const { backend, ...started } = await open(t)
  const [alice, bob] = [await started.as('alice'), await started.as('bob')]
  const { body } = await alice.post('/api/v2/todos', { title: 'secret' })
  const stream = await watch(t, started, bob.accessToken)
  const change = { type: 'todo.updated' as const, resourceId: Number(body.id), userId: bob.id }
  await backend.store.transaction((tx) => backend.changes.record(tx, [change]))
  t.equal((await stream.event())?.data.data, undefined)
})

await test('a stream goes on where another broke off: nothing is lost, nothing comes twice', async (t) => {
  const started = await open(t)
  const alice = await started.as('alice')
  const write = async (title: string) =>
    Number((await alice.post('/api/v2/todos', { title })).body.id)
  const first = await watch(t, started, alice.accessToken)
  const before = [await write('1'), await write('2'), await write('3')]
  const seen = await first.events(3)
  first.close()
  const between = []
  for (let i = 0; i < 120; i++) between.push(await write(`between ${i}`))

  // Behind the second one, and while others go on writing.
  const writing = Promise.all(Array.from({ length: 8 }, (_, i) => write(`beside ${i}`)))
  const second = await watch(t, started, alice.accessToken, { lastEventId: seen[1]?.id })
  const beside = await writing
  const rest = await second.events(1 + between.length + beside.length)
  const told = rest.map((one) => Number(one?.data.resource_id))
  t.strictSame(told.slice(0, 121), [before[2], ...between])
  // Of writes at the same time any may be the first to commit.
  const inOrder = (numbers: number[]) => numbers.toSorted((a, b) => a - b)
  t.strictSame(inOrder(told.slice(121)), inOrder(beside))
  const ids = rest.map((one) => Number(one?.id))
  t.strictSame(ids, inOrder(ids))

  const newest = await watch(t, started, alice.accessToken, { lastEventId: ids.at(-1) })
  t.match(await newest.block(), { comment: 'here', id: String(ids.at(-1)) }, 'nothing is new')
  const last = await write('last')
  for (const stream of [second, newest])
    t.match(await stream.event(), { data: { resource_id: last } })
})

await test('without Last-Event-ID a stream begins now', async (t) => {
  const started = await open(t)
  const alice = await started.as('alice')
  await alice.post('/api/v2/todos', { title: 'before' })
  const stream = await watch(t, started, alice.accessToken, { headers: { 'last-event-id': '' } })
  t.match(await stream.block(), { comment: 'here', id: '1' })
  const { body } = await alice.post('/api/v2/todos', { title: 'after' })
  t.match(await stream.event(), { id: 2, data: { data: body } })
})

await test('Last-Event-ID is the id of an event, or the request is malformed', async (t) => {
  const started = await open(t)
  const alice = await started.as('alice')
  for (const lastEventId of ['x', '-1', '1.5', '1e3', '0x1', '1, 2', ' 1 1', '1'.repeat(16)])
    refused(
      t,
      await alice.get('/api/v2/events', { headers: { 'last-event-id': lastEventId } }),
      400,
      'malformed_request',
      lastEventId,
    )
  t.equal(started.backend.events.size, 0)
})

await test('a sixth stream of a user is refused, until one of the five is closed', async (t) => {
  const started = await open(t)
  const [alice, bob] = [await started.as('alice'), await started.as('bob')]
  const elsewhere = await started.login('alice', alice.id)
  const five = []
  for (let i = 0; i < 5; i++) five.push(await watch(t, started, alice.accessToken))
  const sixth = await elsewhere.get('/api/v2/events')
  refused(t, sixth, 429, 'too_many_streams')
  t.equal(sixth.headers['retry-after'], '15')
  t.equal((await watch(t, started, bob.accessToken)).status, 200, 'others have their own')

  five[0]?.close()
  while (started.backend.events.size === 6) await new Promise(setImmediate)
  t.equal((await watch(t, started, elsewhere.accessToken)).status, 200)
})

await test('a page has the stream with its cookies', async (t) => {
  const started = await open(t)
  const alice = await started.as('alice')
  const cookie = `commonplace_access=${alice.accessToken}`
  const stream = await watch(t, started, undefined, { headers: { cookie } })
  t.equal(stream.status, 200)
  await alice.post('/api/v2/todos', { title: 'seen by the page' })
  t.match(await stream.event(), { data: { data: { title: 'seen by the page' } } })
})

await test('a stream counts as one request, and is in the metrics and the log', async (t) => {
  const lines: string[] = []
  const started = await start(t, {
    env: { RATE_LIMITS: 'on', LOG_LEVEL: 'info' },
    logStream: { write: (line) => void lines.push(line) },
  })
  const alice = await started.as('alice')
  const stream = await watch(t, started, alice.accessToken)
  t.match(stream.headers['ratelimit'], /^"default";r=599;/)
  const gauge = async () =>
    /^event_streams_open (\d+)$/m.exec((await started.request('GET', '/metrics')).text)?.[1]
  t.equal(await gauge(), '1')
  await alice.post('/api/v2/todos', { title: 'one event' })
  await stream.event()
  stream.close()
  while ((await gauge()) !== '0') await new Promise(setImmediate)
  const line = lines.map((one) => JSON.parse(one)).find(({ ending }) => ending)
  t.match(line, {
    user_id: alice.id,
    request_id: stream.headers['x-request-id'],
    events: 1,
    ending: 'client',
    ms: Number,
  })
  t.notMatch(lines.join(''), /one event/, 'and nothing of what was told')
})
