import { test, type Test } from 'tap'
import { watch } from '../api/v2/event-stream.ts'
import {
  enter,
  events,
  join,
  openSessions,
  refresh,
  refused,
  renew,
  type Session,
} from '../api/v2/session.ts'
import { start, type Started } from '../helper.ts'
import { here } from './command.ts'
import { rewindable } from './rewind.ts'

const TODOS = '/api/v2/todos'

/** What three runs of the server see: before the copy was made, what is lost, and after the restore. */
interface Runs<A, B> {
  before: (node: Started, t: Test) => Promise<A>
  lost: (node: Started, seen: A, t: Test) => Promise<B>
  after: (node: Started, seen: A, lost: B, t: Test) => Promise<void>
}
async function restored<A, B>(t: Test, { before, lost, after }: Runs<A, B>) {
  const { url, keep, goBack } = await rewindable(t)
  let [seen, gone]: [A?, B?] = []
  await t.test('before', async (inner) => {
    seen = await before(await start(inner, { databaseUrl: url }), inner)
  })
  await keep()
  await t.test('what is lost', async (inner) => {
    gone = await lost(await start(inner, { databaseUrl: url }), seen as A, inner)
  })
  await goBack()
  t.match(await here(['timeline', 'new'], { url }), { code: 0, stderr: '' })
  await t.test('after', async (inner) => {
    await after(await start(inner, { databaseUrl: url }), seen as A, gone as B, inner)
  })
}

/** Another session. */
const again = (node: Started) => enter(node, 'alice')

const tagOf = ({ headers }: { headers: Record<string, string | undefined> }) =>
  String(headers['etag'])

await test('S89 a tag of before a restore matches nothing after it', async (t) => {
  const write = async (session: Session, word: string) => {
    const tags = new Map<string, string>()
    // First: who owns a post is in its tag.
    tags.set('/api/v2/me', tagOf(await session.send('PATCH', '/api/v2/me', { phone: word })))
    for (const url of ['/api/v2/todos/1', '/api/v2/posts/1', '/api/v2/books/1'])
      tags.set(url, tagOf(await session.send('PATCH', url, { title: word })))
    return tags
  }
  await restored(t, {
    async before(node) {
      const alice = await join(node, 'alice')
      await alice.send('POST', TODOS, { title: 'before' })
      await alice.send('POST', '/api/v2/posts', { title: 'before', content: 'c' })
      await alice.send('POST', '/api/v2/books', { title: 'before', author: 'a' })
    },
    lost: async (node) => write(await again(node), '+111'),
    async after(node, _seen, lost, inner) {
      const alice = await again(node)
      const present = await write(alice, '+222')
      for (const [url, old] of lost) {
        const tag = String(present.get(url))
        const ask = (headers: Record<string, string>, method = 'GET', body?: object) =>
          node.request(method, url, {
            headers: { authorization: `Bearer ${alice.access}`, ...headers },
            ...(body && { body }),
          })
        inner.not(tag, old, url)
        inner.equal(tag.split('-')[0], old.split('-')[0], 'though the revisions are the same')
        const other = await ask({ 'if-none-match': `${old}, W/${old}` })
        inner.match(other, { status: 200, headers: { etag: tag } })
        inner.match(await ask({ 'if-none-match': tag }), { status: 304 })
        const change = url.endsWith('/me') ? { phone: '+333' } : { title: 'overwritten' }
        const refusal = await ask({ 'if-match': `${old}, "x"` }, 'PATCH', change)
        refused(inner, refusal, 412, 'precondition_failed', url)
        inner.equal(tagOf(await ask({})), tag, 'nothing was overwritten')
        if (url.endsWith('/me')) continue
        refused(inner, await ask({ 'if-match': old }, 'DELETE'), 412, 'precondition_failed')
        const operations = [{ op: 'update', id: 1, if_match: old, value: change }]
        const bulk = await alice.send('POST', url.replace('/1', '/bulk'), { operations })
        inner.match(bulk.body, { results: [{ status: 412 }] })
        inner.equal((await ask({ 'if-match': tag }, 'PATCH', change)).status, 200)
      }
    },
  })
})

await test('S89 a stream that broke off before a restore begins with a reset', async (t) => {
  const happen = async (session: Session, times: number) => {
    while (times-- > 0) await session.send('POST', TODOS, { title: 'something' })
  }
  await restored(t, {
    before: async (node) => happen(await join(node, 'alice'), 3),
    async lost(node, _seen, inner) {
      const alice = await again(node)
      const stream = await watch(inner, node, alice.access, { lastEventId: 0 })
      await happen(alice, 3)
      const told = await stream.events(6)
      return told.map((event) => Number(event?.id))
    },
    async after(node, _seen, lost, inner) {
      const alice = await again(node)
      const newest = Number((await (await watch(inner, node, alice.access)).block())?.id)
      inner.ok(newest > Number(lost.at(-1)))
      // Those of the copy as well: what they told of may be undone.
      for (const lastEventId of [0, ...lost, newest - 1, newest + 1]) {
        const stream = await watch(inner, node, alice.access, { lastEventId })
        inner.match(await stream.event(), { event: 'reset', id: String(newest) }, `${lastEventId}`)
        stream.close()
      }
      const stream = await watch(inner, node, alice.access, { lastEventId: newest })
      await happen(alice, 2)
      const told = await stream.events(2)
      inner.strictSame(
        told.map((event) => [event?.event, Number(event?.id)]),
        [1, 2].map((by) => ['todo.created', newest + by]),
        'who has been told of it goes on',
      )
      for (const lastEventId of lost) {
        const late = await watch(inner, node, alice.access, { lastEventId })
        inner.match(await late.event(), { event: 'reset', id: String(newest + 2) })
        late.close()
      }
    },
  })
})

await test('S89 before the first event of all there is a newest, too', async (t) => {
  await restored(t, {
    before: async (node) => void (await join(node, 'alice')),
    lost: async (node) => void (await (await again(node)).send('POST', TODOS, { title: 'lost' })),
    async after(node, _seen, _lost, inner) {
      const alice = await again(node)
      const stream = await watch(inner, node, alice.access, { lastEventId: 1 })
      const reset = await stream.event()
      inner.match(reset, { event: 'reset' })
      await alice.send('POST', TODOS, { title: 'kept' })
      inner.match(await stream.event(), { event: 'todo.created' }, 'and no second reset')
      const other = await watch(inner, node, alice.access, { lastEventId: reset?.id })
      inner.match(await other.event(), { event: 'todo.created' })
    },
  })
})

await test('S89 what a restore has made unknown or unspent raises no alarm', async (t) => {
  await restored(t, {
    async before(node) {
      const [lone, thief, old] = [
        await join(node, 'lone'),
        await join(node, 'thief'),
        await join(node, 'old'),
      ]
      return { lone, thief, old, present: await renew(node, old.refresh) }
    },
    async lost(node, seen) {
      const [lone, thief] = [
        await renew(node, seen.lone.refresh),
        await renew(node, seen.thief.refresh),
      ]
      return { lone, thief, bob: await join(node, 'bob') }
    },
    async after(node, seen, lost, inner) {
      node.clock.advance(11)
      const quiet = async (token: string, id: number) => {
        refused(inner, await refresh(node, token), 401, 'token_revoked')
        inner.strictSame(await openSessions(node, id), [], 'whoever has its older token is out too')
      }
      refused(inner, await refresh(node, lost.bob.refresh), 401, 'token_revoked')
      await quiet(lost.lone.refresh, seen.lone.id)
      refused(inner, await refresh(node, seen.lone.refresh), 401, 'token_revoked')
      await quiet(seen.old.refresh, seen.old.id)
      refused(inner, await refresh(node, seen.present.refresh), 401, 'token_revoked')
      inner.strictSame(await events(node, 'refresh.reuse'), [])

      // What was spent before the copy was made was not spent in it: who has it goes on.
      inner.equal((await refresh(node, seen.thief.refresh)).status, 200)
      const reused = await refresh(node, lost.thief.refresh)
      refused(inner, reused, 401, 'refresh_token_reused', 'two have a token of one session')
      inner.strictSame(await openSessions(node, seen.thief.id), [])
      inner.equal((await events(node, 'refresh.reuse')).length, 1)

      const fresh = await enter(node, 'lone')
      await renew(node, (await renew(node, fresh.refresh)).refresh)
      refused(inner, await refresh(node, fresh.refresh), 401, 'refresh_token_reused')
    },
  })
})
