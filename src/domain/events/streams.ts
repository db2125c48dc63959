import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import { Overloaded, TooManyStreams } from '../../base/errors.ts'
import type { AnyResource } from '../resources/resource.ts'
import type { SessionRules } from '../sessions/issue.ts'
import type { Principal } from '../sessions/principal.ts'
import type { Timers } from '../../base/timers.ts'
import { createAudience } from './audience.ts'
import { createLiveness } from './liveness.ts'
import { createLog } from './log.ts'
import { createStream, type OpenStream, type Stream } from './stream.ts'

/** Streams that a user may have, and that all may have together, on one node. */
const MOST_PER_USER = 5
const MOST = 5000
/** Milliseconds between two signs of life, and between two looks for what no signal tells. */
export const HEARTBEAT = 15_000
export const LOOK = 1000
/** Seconds after which a refused client may try again: by then a stream whose reader is gone has been noticed. */
const RETRY = HEARTBEAT / 1000

/** What wakes: news, and what ends sessions. */
const TABLES = ['changes', 'sessions', 'users', 'token_blacklist', 'api_keys']

interface Deps {
  store: Store
  clock: Clock
  timers: Timers
  resources: readonly AnyResource[]
  rules: Pick<SessionRules, 'sessionIdle'>
}

/**
 * The open streams of events, over one reader of the log: an idle stream costs its heartbeat, a change one look for all. One loop
 * does everything in turn, so no event falls between a stream that catches up and the reader that it joins. Before each delivery
 * it is asked who is still signed in.
 */
export function createStreams({ store, clock, timers, resources, rules }: Deps) {
  const audience = createAudience(resources)
  const log = createLog({ store, resources, audience })
  const living = createLiveness({ store, clock, rules })
  const watch = store.watch(...TABLES)
  const open = new Set<Stream>()
  /** Those that read the log by themselves, the one that waits longest first. */
  const behind = new Set<Stream>()
  let listening: { hears(): boolean; stop(): Promise<void> } | undefined
  let stopped = Promise.resolve()
  let isRunning = false
  let running = Promise.resolve()
  /** Where the reader is that all share who are not behind; undefined while nobody listens. */
  let position: number | undefined
  let isWoken = false
  let isBeatDue = false
  let isClosed = false
  /** What the watch said when the log was last read, and when the sessions were. */
  let readAt: number | undefined
  let checkedAt: number | undefined

  function start() {
    const signal = store.signal(TABLES, wake)
    const timed = [timers.every(LOOK, look), timers.every(HEARTBEAT, beat)]
    listening = {
      hears: signal.hears,
      async stop() {
        for (const cancel of timed) cancel()
        await signal.close()
      },
    }
  }
  function wake() {
    isWoken = true
    work()
  }
  function work() {
    if (!isRunning) running = run()
  }
  /** For what no signal tells: another process on SQLite, a listener that is away, a try that failed. */
  function look() {
    const stamp = watch.stamp()
    const mayBeNews = stamp === undefined ? !listening?.hears() : stamp !== readAt
    if (mayBeNews) isWoken = true
    work()
  }
  function beat() {
    isBeatDue = true
    work()
  }
  function queue(stream: Stream) {
    behind.add(stream)
    work()
  }
  function remove(stream: Stream) {
    behind.delete(stream)
    if (!open.delete(stream) || open.size > 0) return
    position = undefined
    const last = listening?.stop()
    listening = undefined
    stopped = Promise.all([stopped, last]).then(() => undefined)
  }

  const isBusy = () => open.size > 0 && (isBeatDue || isWoken || behind.size > 0)
  async function run() {
    isRunning = true
    try {
      while (isBusy()) await round()
    } catch (error) {
      // What an overloaded database did not answer is asked again at the next look: who waits loses nothing.
      isWoken = true
      if (!(error instanceof Overloaded)) for (const stream of open) stream.end('fault', error)
    } finally {
      isRunning = false
    }
  }
  /** Some of everything: under load nobody waits for the others to be done. */
  async function round() {
    if (isBeatDue) await giveSigns()
    if (isWoken) await readOn()
    const [waiting] = behind
    if (waiting) await catchUp(waiting)
    await nextTurn()
  }

  /** Tells all that the connection lives, and looks whether the sessions do: some end because time passes. */
  async function giveSigns() {
    checkedAt = undefined
    await endTheDead()
    isBeatDue = false
    for (const stream of open) stream.beat(position)
    isWoken = true
  }
  async function endTheDead() {
    const stamp = watch.stamp()
    if (stamp !== undefined && stamp === checkedAt) return
    const asked = [...open]
    const alive = await living(asked.map(({ principal }) => principal))
    for (const stream of asked) if (!alive.has(stream.principal)) stream.end('session')
    checkedAt = stamp
  }

  /** Takes what is new and tells it to all who are not behind. */
  async function readOn() {
    isWoken = false
    readAt = watch.stamp()
    if (position === undefined) return
    const { entries, isWhole, isMore } = await log.after(position)
    const live = () => [...open].filter((stream) => stream.state === 'live')
    // More is gone than was read: each of them finds that out for itself.
    if (!isWhole) for (const stream of live()) fallBehind(stream, position)
    const owners = new Set(live().map(({ principal }) => principal.id))
    const told = entries.filter((entry) => audience.isPublic(entry) || owners.has(entry.userId))
    // A session may have ended without any news.
    if (told.length === 0) await endTheDead()
    for (let from = 0; from < told.length; from += log.records) {
      const events = await log.withRecords(told.slice(from, from + log.records))
      await endTheDead()
      for (const stream of live()) stream.tell(events)
      await nextTurn()
    }
    if (position !== undefined) position = entries.at(-1)?.id ?? position
    if (isMore) isWoken = true
  }
  function fallBehind(stream: Stream, from: number) {
    stream.position = Math.max(stream.position, from)
    stream.state = 'behind'
    behind.add(stream)
  }

  /** Tells one stream the next part of what it has missed. With the last part it joins the others. */
  async function catchUp(stream: Stream) {
    // To the end of the queue, in which it stays if this fails.
    behind.delete(stream)
    if (stream.state !== 'behind') return
    behind.add(stream)
    const { entries, isWhole, isMore } = await log.after(stream.position)
    if (!isWhole) return stream.reset((await log.bounds()).newest)
    const told = entries.filter((entry) => audience.maySee(stream.principal, entry))
    for (let from = 0; from < told.length; from += log.records) {
      const events = await log.withRecords(told.slice(from, from + log.records))
      await endTheDead()
      // It takes no more now: when it does again, it goes on behind what it was told last.
      if (!stream.tell(events)) return void behind.delete(stream)
      await nextTurn()
    }
    stream.position = entries.at(-1)?.id ?? stream.position
    if (isMore) return
    stream.state = 'live'
    behind.delete(stream)
  }

  return {
    /** How many there are. */
    get size() {
      return open.size
    },
    /**
     * Opens the stream of a user. It begins now, or behind the event that was told last on another one; where the log does not
     * reach back to that, the stream says so.
     * @throws TooManyStreams, Overloaded
     */
    async open(principal: Principal, lastEventId?: number): Promise<OpenStream> {
      if (isClosed || open.size >= MOST) throw new Overloaded(RETRY)
      const mine = [...open].filter((stream) => stream.principal.id === principal.id)
      if (mine.length >= MOST_PER_USER) throw new TooManyStreams(RETRY)
      const stream = createStream({ principal, audience, clock, onEnd: remove })
      open.add(stream)
      try {
        if (!listening) start()
        const { oldest, newest } = await log.bounds()
        position ??= newest
        stream.position = lastEventId ?? newest
        const isLost = stream.position < oldest - 1 || stream.position > newest
        return {
          begin(sink) {
            if (stream.begin(sink, isLost ? newest : undefined)) queue(stream)
          },
          ready() {
            if (stream.resume()) queue(stream)
          },
          close: stream.leave,
        }
      } catch (error) {
        stream.leave()
        throw error
      }
    },
    /** Ends all, and opens none any more. */
    async close() {
      isClosed = true
      for (const stream of open) stream.end('closing')
      await running
      await stopped
    },
  }
}
export type Streams = ReturnType<typeof createStreams>
