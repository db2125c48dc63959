import type { Clock } from '../../base/clock.ts'
import type { Principal } from '../sessions/principal.ts'
import type { Audience } from './audience.ts'
import type { Happened } from './log.ts'

/** Heartbeats after which a reader that has taken nothing is given up. */
const STALLED = 4

/** Why a stream ended. `session`: its reader is not signed in any more; `slow`: they do not read; `fault`: ours. */
export type Ending = 'session' | 'slow' | 'closing' | 'fault'

/** Where the events of a stream go. What writes answers whether it takes more; if not, it says so when it does again. */
export interface Sink {
  event(event: Happened): boolean
  /** What happened up to now is not known any more; what comes after `id` will be told. */
  reset(id: number, at: Date): boolean
  /** A sign of life. Everything up to `id` was told. */
  beat(id: number): boolean
  end(why: Ending, error?: unknown): void
}
export interface OpenStream {
  /** Begins to write, with a sign of life or a reset. */
  begin(sink: Sink): void
  /** The sink takes more again. */
  ready(): void
  /** The reader has gone. */
  close(): void
}

/** `behind` reads the log by itself, `live` is told what the shared reader finds, `full` is told nothing. */
type State = 'opening' | 'behind' | 'live' | 'full'

export interface Stream {
  readonly principal: Principal
  /** The entry up to which it has been told. */
  position: number
  state: State
  /** @returns false when it has ended already */
  begin(sink: Sink, resetTo: number | undefined): boolean
  /** Tells what it may see and has not been told. @returns false when not all was taken */
  tell(events: readonly Happened[]): boolean
  reset(newest: number): void
  beat(position: number | undefined): void
  /** @returns whether it waited for this */
  resume(): boolean
  /** The reader has gone. */
  leave(): void
  end(why: Ending, error?: unknown): void
}
interface Options {
  principal: Principal
  audience: Audience
  clock: Clock
  onEnd(stream: Stream): void
}

/** One reader, told no more than they take: a stream that is full misses nothing, it reads the log later. */
export function createStream({ principal, audience, clock, onEnd }: Options): Stream {
  let sink: Sink | undefined
  let stalled = 0
  let isOver = false
  let ended: Ending | undefined

  const wrote = (takesMore: boolean) => {
    if (!takesMore) stream.state = 'full'
  }
  const stream: Stream = {
    principal,
    position: 0,
    state: 'opening',
    begin(given, resetTo) {
      if (ended) given.end(ended)
      if (isOver) return false
      sink = given
      stream.state = 'behind'
      if (resetTo === undefined) wrote(sink.beat(stream.position))
      else stream.reset(resetTo)
      return true
    },
    tell(events) {
      for (const event of events) {
        if (event.id <= stream.position || !audience.maySee(principal, event)) continue
        if (!sink || stream.state === 'full') return false
        stream.position = event.id
        wrote(sink.event(event))
      }
      return stream.state !== 'full'
    },
    reset(newest) {
      stream.position = newest
      if (sink) wrote(sink.reset(newest, clock.now()))
    },
    beat(position = 0) {
      if (stream.state === 'full') {
        stalled += 1
        if (stalled >= STALLED) stream.end('slow')
        return
      }
      if (stream.state === 'live') stream.position = Math.max(stream.position, position)
      if (sink) wrote(sink.beat(stream.position))
    },
    resume() {
      if (isOver || stream.state !== 'full') return false
      stalled = 0
      stream.state = 'behind'
      return true
    },
    leave() {
      isOver = true
      sink = undefined
      onEnd(stream)
    },
    end(why, error) {
      ended = why
      sink?.end(why, error)
      stream.leave()
    },
  }
  return stream
}
