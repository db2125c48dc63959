import { setTimeout as pause } from 'node:timers/promises'
import { loadPostgres } from '../drizzle.ts'
import { type ClientBase, Pool, type PoolClient } from 'pg'
import { Overloaded, StorageFull } from '../../base/errors.ts'
import { pgKit } from '../schema/column-kit.ts'
import { listen } from './listen.ts'
import { appliedPostgres, migrations, pendingOf } from '../migrate.ts'
import { oneByOne } from '../one-by-one.ts'
import {
  allOrNothing,
  type Prepared,
  type Queries,
  type Statement,
  type Step,
  type Steps,
  type Store,
  type Tx,
} from '../store.ts'
import { type OwnedTables, tables } from '../schema/tables.ts'
import { HOLD_OPEN, readPostgres, type Timeline } from '../timeline.ts'

const { drizzle } = loadPostgres()

const CONNECTIONS = 10
/** A connection is made in this time (ms), or not at all. */
const CONNECTION_LIMIT = 5000
/** When all are in use, a request does not wait longer than this (ms) for one: it is refused with 503. */
const CONNECTION_WAIT = 400
/** The server ends every statement, and every transaction that is idle, after this time (ms). */
const STATEMENT_LIMIT = 10_000
/** A connection on which it has not even said so by now (ms) is dead. */
const ANSWER_LIMIT = STATEMENT_LIMIT + 1000
const CONFLICT_TRIES = 3
/** Milliseconds before the next try, at least, and twice as long at most: time for whoever won to finish. */
const CONFLICT_PAUSE = 150

/** Opens a pool. The database may still lack migrations: `pending()` names them, and nothing here applies them. */
export function openPostgres(url: string, owned: OwnedTables): Store {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECTION_LIMIT,
    statement_timeout: STATEMENT_LIMIT,
    query_timeout: ANSWER_LIMIT,
    idle_in_transaction_session_timeout: STATEMENT_LIMIT,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, its types do not say so
    onConnect: begin,
  })
  // A server that goes away is reported by the next query; without a listener the process would end here.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', () => undefined)
  pool.on('remove', (client) => prepareds.delete(connections.get(client)?.prepared ?? new Map()))

  let timeline: Timeline | undefined
  async function begin(client: ClientBase) {
    // In other zones the first moments there are would be written as before our era.
    await client.query(`SET TIME ZONE 'UTC'; ${HOLD_OPEN}`)
    // Another one may have begun while there was no connection. The first one is read when the migrations are.
    if (timeline) timeline = await readPostgres(client)
  }

  // The names that PostgreSQL sees are short: it cuts them at 63 bytes.
  const statements = new Map<string, string>()
  const forgotten = new Map<string, string>()
  const shortName = (name: string) => statements.get(name) ?? forgotten.get(name) ?? name
  const prepareds = new Set<Map<string, Prepared>>()
  const connections = new WeakMap<
    PoolClient,
    { queries: Queries; prepared: Map<string, Prepared> }
  >()
  const connection = (client: PoolClient) => {
    let known = connections.get(client)
    if (!known) {
      known = { queries: drizzle(client), prepared: new Map() }
      connections.set(client, known)
      prepareds.add(known.prepared)
    }
    return known
  }
  const execute = (client: PoolClient, step: Step): PromiseLike<unknown> => {
    if ('control' in step) return client.query(step.control)
    const { queries, prepared } = connection(client)
    if ('build' in step) return step.build(queries)
    const { name, build } = step.statement
    let ready = prepared.get(name)
    if (!ready) prepared.set(name, (ready = build(queries).prepare(shortName(name))))
    return ready.execute(step.values)
  }

  const underway = new Set<Promise<unknown>>()
  function on<T>(work: (client: PoolClient) => PromiseLike<T>): Promise<T> {
    const done = connected(work).finally(() => underway.delete(done))
    underway.add(done)
    return done
  }
  async function connected<T>(work: (client: PoolClient) => PromiseLike<T>): Promise<T> {
    try {
      const client = await free()
      try {
        const value = await work(client)
        client.release()
        return value
      } catch (error) {
        client.release(isLost(error))
        throw error
      }
    } catch (error) {
      throw explain(error)
    }
  }
  /** @throws Overloaded when none of those in use becomes free in time; one that is being made is waited for */
  function free(): Promise<PoolClient> {
    const isThere = pool.waitingCount < pool.idleCount + CONNECTIONS - pool.totalCount
    const coming = pool.connect()
    if (isThere) return coming
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Overloaded(1))
        coming.then((client) => client.release()).catch(() => undefined)
      }, CONNECTION_WAIT)
      coming.finally(() => clearTimeout(timer)).then(resolve, reject)
    })
  }
  const one = <T>(statement: Statement<T>, values?: Record<string, unknown>) =>
    // the statement's own row type, which steps forget
    on((client) => execute(client, values ? { statement, values } : { statement }) as Promise<T>)

  const long = oneByOne()
  const transaction = <T>(body: (tx: Tx) => Steps<T>) =>
    on(async (client) => {
      for (let attempt = 1; ; attempt++) {
        await client.query('BEGIN')
        try {
          const steps = allOrNothing(body)
          let step = steps.next()
          let lost: unknown
          while (!step.done) {
            let value: unknown
            try {
              // Behind a statement without an answer, the next would wait as long again.
              if (lost) throw lost
              value = await execute(client, step.value)
            } catch (error) {
              if (isLost(error)) lost = error
              step = steps.throw(error)
              continue
            }
            step = steps.next(value)
          }
          await client.query('COMMIT')
          return step.value
        } catch (error) {
          if (isLost(error)) throw error
          await client.query('ROLLBACK')
          if (!isConflict(error) || attempt === CONFLICT_TRIES) throw error
          await pause(CONFLICT_PAUSE * (1 + Math.random()))
        }
      }
    })

  return {
    engine: 'postgres',
    tables: tables(pgKit, owned),
    define(name, build) {
      if (statements.has(name)) throw new Error(`statement ${name} is already defined`)
      // A shape that comes back gets its old name: connections have it prepared under that one, once and for all.
      const known = forgotten.get(name)
      forgotten.delete(name)
      statements.set(name, known ?? `s${statements.size + forgotten.size}`)
      return { name, build }
    },
    forget({ name }) {
      forgotten.set(name, shortName(name))
      statements.delete(name)
      for (const prepared of prepareds) prepared.delete(name)
    },
    read: one,
    step: one,
    query: (build) => on((client) => build(connection(client).queries)),
    write: one,
    transaction,
    longTransaction: (body) => long.run(() => transaction(body)),
    // Another node may have written: only a query can tell.
    // Each has a connection of its own.
    shareReads: () => undefined,
    watch: () => ({ stamp: () => undefined }),
    signal: (_tables, wake) => listen(url, wake),
    ping: () => on(async (client) => void (await client.query('SELECT 1'))),
    pending: () =>
      on(async (client) => {
        const pending = pendingOf(migrations('postgres'), await appliedPostgres(client))
        if (pending.length === 0) timeline = await readPostgres(client)
        return pending.map(({ name }) => name)
      }),
    timeline() {
      if (!timeline) throw new Error('The database is not ready.')
      return timeline
    },
    async close() {
      await long.idle()
      // A pool that ends forgets those who wait for a connection: they would never be answered.
      while (underway.size > 0) await Promise.allSettled(underway)
      await pool.end()
    },
  }
}

const codeOf = (error: unknown): string | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  return undefined
}
const messageOf = (error: unknown): string => {
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  return cause instanceof Error ? cause.message : ''
}
/** Serialization failure and deadlock: the transaction may be tried again (SQLSTATE class 40). */
const isConflict = (error: unknown) => ['40001', '40P01'].includes(codeOf(error) ?? '')

/** A refusal that is thrown within a transaction: its code is ours, though it may begin as the system's do. */
const isOurs = (error: unknown) => error instanceof Error && 'statusCode' in error

/** The connection is gone or not to be had (SQLSTATE classes 08 and 57P, and what node and pg say without a code). */
const isLost = (error: unknown) =>
  !isOurs(error) &&
  (/^(08|57P|53300|25006|25P03|E[A-Z_]+$)/.test(codeOf(error) ?? '') ||
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Query read timeout)/.test(
      messageOf(error),
    ))

/** What a fault of PostgreSQL means to a caller; what is not theirs to know stays as it is. */
function explain(error: unknown): unknown {
  const code = codeOf(error)
  if (code === '53100') return new StorageFull({ cause: error })
  if (isLost(error) || isConflict(error) || code === '57014')
    return new Overloaded(1, { cause: error })
  return error
}
