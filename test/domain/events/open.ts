import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import { lt, sql } from '../../../src/db/drizzle.ts'
import type { Store } from '../../../src/db/store.ts'
import { createChanges } from '../../../src/domain/changes.ts'
import type { Sink } from '../../../src/domain/events/stream.ts'
import { RESOURCES } from '../../../src/domain/resources/index.ts'
import { createStreams } from '../../../src/domain/events/streams.ts'
import type { Principal } from '../../../src/domain/sessions/principal.ts'
import { handTimers } from '../../api/v2/event-stream.ts'
import { freshDatabase, openStore } from '../../database.ts'
import { addUser } from '../../db/users.ts'
import { movableClock } from '../../helper.ts'

const config = loadConfig({ NODE_ENV: 'test' })

/** The streams over a store that fails when it is told to. */
export async function open(t: Test) {
  const url = await freshDatabase(t)
  const store = await openStore(url)
  await store.pending()
  const clock = movableClock()
  const timers = handTimers()
  const faults = { next: undefined as Error | undefined, times: 0, at: /^events_/ }
  const failing: Store = {
    ...store,
    async read(statement, values) {
      if (faults.next && faults.at.test(statement.name)) {
        faults.times += 1
        throw faults.next
      }
      return store.read(statement, values)
    },
  }
  const streams = createStreams({
    store: failing,
    clock,
    timers,
    resources: RESOURCES,
    rules: config,
  })
  t.teardown(async () => {
    await streams.close()
    await store.close()
  })
  const changes = createChanges({ store, clock })
  const { id } = await addUser(store)({ username: 'alice' })
  const principal = await signIn(store, id)
  /** As a purge would, all but the newest. */
  const forget = () =>
    store.transaction(function* (tx) {
      const { changes: log } = store.tables
      const [newest] = yield* tx.query((q) =>
        q.select({ id: sql<number>`max(id)`.mapWith(Number) }).from(log),
      )
      yield* tx.query((q) => q.delete(log).where(lt(log.id, newest?.id ?? 0)))
    })
  const happen = (count = 1) =>
    store.transaction(function* (tx) {
      const change = { type: 'post.deleted' as const, resourceId: 1, userId: id }
      yield* changes.record(
        tx,
        Array.from({ length: count }, () => change),
      )
    })
  return { url, store, timers, faults, streams, principal, happen, forget, changes }
}

export async function signIn(store: Store, id: number, sessionId = 'session'): Promise<Principal> {
  const now = new Date()
  const expiresAt = new Date(now.getTime() + 86_400_000)
  const times = { createdAt: now, authenticatedAt: now, lastUsedAt: now, expiresAt }
  const { sessions } = store.tables
  await store.write(
    store.define(`test_session_${sessionId}`, (q) =>
      q.insert(sessions).values({ id: sessionId, userId: id, rotating: false, ip: '', ...times }),
    ),
  )
  return {
    id,
    username: 'alice',
    role: 'user',
    sessionId,
    tokenId: `token of ${sessionId}`,
    type: 'access',
    expiresAt: Infinity,
    issuedAt: 0,
    authenticatedAt: 0,
    rotating: false,
    spent: false,
  }
}

/** Keeps what it is told, and takes as much at once as it is said to. */
export function bucket(takes = Infinity) {
  const told: Array<string | number> = []
  const state = { takes, told, error: undefined as unknown }
  const tell = (what: string | number) => {
    told.push(what)
    state.takes -= 1
    return state.takes > 0
  }
  const sink: Sink = {
    event: ({ id }) => tell(id),
    reset: (id) => tell(`reset ${id}`),
    beat: (id) => tell(`beat ${id}`),
    end(why, error) {
      told.push(why)
      state.error = error
    },
  }
  return Object.assign(state, { sink })
}
export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
type Bucket = ReturnType<typeof bucket>
export async function holds({ told }: Bucket, count: number) {
  while (told.length < count) await new Promise(setImmediate)
  return told
}
