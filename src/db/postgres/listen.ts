import { Client } from 'pg'
import { CHANNEL, type Signal } from '../store.ts'
import { HOLD_OPEN } from '../timeline.ts'

/** Milliseconds that a connection may take, and those between two tries; the first try after a loss is made at once. */
const PATIENCE = 5000
const PAUSE = 1000

/**
 * Calls `wake` whenever a transaction that notified has committed, and when the connection is there (again): what was told meanwhile
 * was told to nobody. The connection is its own, so one of a pool in between may belong to it for as long as it lives.
 */
export function listen(url: string, wake: () => void): Signal {
  let client: Client | undefined
  let retry: NodeJS.Timeout | undefined
  let hears = false
  let isClosed = false
  let pause = 0

  async function connect() {
    const fresh = new Client({
      connectionString: url,
      connectionTimeoutMillis: PATIENCE,
      keepAlive: true,
    })
    client = fresh
    fresh.on('notification', wake)
    // The end follows, and is what counts.
    fresh.on('error', () => undefined)
    fresh.once('end', lost)
    try {
      await fresh.connect()
      await fresh.query(`LISTEN ${CHANNEL}; ${HOLD_OPEN}`)
      hears = true
      pause = 0
      wake()
    } catch {
      await fresh.end()
    }
  }

  function lost() {
    hears = false
    if (isClosed) return
    retry = setTimeout(() => void connect(), pause).unref()
    pause = PAUSE
  }

  void connect()
  return {
    hears: () => hears,
    async close() {
      isClosed = true
      clearTimeout(retry)
      await client?.end()
    },
  }
}
