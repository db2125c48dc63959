import type { Column, SQL } from 'drizzle-orm'
import { is, pgCore, sql } from './drizzle.ts'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Tables } from './schema/tables.ts'
import type { Timeline } from './timeline.ts'

/**
 * One face for two engines. Queries are written once with drizzle, in the types of PostgreSQL; SQLite runs the same ones.
 */

export type Queries = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete'>
export type Values = Record<string, unknown>
export interface Prepared {
  execute(values?: Values): PromiseLike<unknown>
}
export interface Preparable<T> extends PromiseLike<T> {
  prepare(name: string): Prepared
  toSQL(): { sql: string }
}
export type Build<T> = (queries: Queries) => Preparable<T>

/** A query declared once. SQLite prepares it once, PostgreSQL once per pooled connection. */
export interface Statement<T> {
  readonly name: string
  readonly build: Build<T>
}

export type Step =
  | { statement: Statement<unknown>; values?: Values }
  | { build: Build<unknown> }
  | { control: string }

/** What a step yields back depends on the step: only `tx` makes steps, and it gives each its type. */
export type Steps<T> = Generator<Step, T>
export type Attempt<T> = { ok: true; value: T } | { ok: false; error: unknown }

/** What a transaction may do. Nothing else can be yielded, so nothing can leave the transaction by mistake. */
export interface Tx {
  run<T>(statement: Statement<T>, values?: Values): Steps<T>
  /** A query whose shape is only known now (a list of ids). */
  query<T>(build: Build<T>): Steps<T>
  /** A part that may fail alone, in its own savepoint. */
  attempt<T>(body: () => Steps<T>): Steps<Attempt<T>>
}

/** Tells whether what was read from some tables may have changed since. */
export interface Watch {
  /**
   * A number that changes whenever one of the tables may have changed, by this process or another.
   * Undefined where the engine cannot tell without a query: then nothing may be kept.
   */
  stamp(): number | undefined
}

/** Wakes whoever reads what is written to some tables. */
export interface Signal {
  /** Whether it is told of what other nodes write, too: while not, look from time to time. */
  hears(): boolean
  close(): Promise<void>
}
/** Where PostgreSQL tells that there is something new. It carries nothing. */
export const CHANNEL = 'changes'

export interface Store {
  readonly engine: 'sqlite' | 'postgres'
  readonly tables: Tables
  /** Declares a statement: it is built and prepared at its first use. Throws when the name is taken. */
  define<T>(name: string, build: Build<T>): Statement<T>
  /** Frees a statement, and its name. Whoever has it reads with it no more. */
  forget(statement: Statement<unknown>): void
  read<T>(statement: Statement<T>, values?: Values): Promise<T>
  /** One step of a read that takes many. Where reading holds up the event loop, others have their turn between the steps. */
  step<T>(statement: Statement<T>, values?: Values): Promise<T>
  /** A read whose shape is only known now (a list's filters). */
  query<T>(build: Build<T>): Promise<T>
  /** Durable when the promise resolves. */
  write<T>(statement: Statement<T>, values?: Values): Promise<T>
  /** All or nothing, durable when the promise resolves. The body may run again: it must be pure but for its steps. */
  transaction<T>(body: (tx: Tx) => Steps<T>): Promise<T>
  /**
   * The same for thousands of steps: others have their turns between them, and read what was before. On SQLite their writes wait until it is
   * over. One at a time.
   */
  longTransaction<T>(body: (tx: Tx) => Steps<T>): Promise<T>
  /**
   * Reads until the end of this turn of the event loop may share one snapshot: of all that this process has written before each of them, and
   * of what others had written when the turn began. For whoever is told of requests that have come in.
   */
  shareReads(): void
  watch(...tables: string[]): Watch
  /** The one that the database is in, without a query: it changes while nobody has the database open. Known when nothing is pending. */
  timeline(): Timeline
  /**
   * Calls `wake` soon after something was committed that is to be told: on SQLite each write of this process to one of the tables, on
   * PostgreSQL what any node wrote with `wakeAll`. Sometimes it is called for nothing.
   */
  signal(tables: readonly string[], wake: () => void): Signal
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  /** The names of the migrations that this program knows and the database has not had. */
  pending(): Promise<string[]>
  /** Waits for the writes that are queued, then closes. */
  close(): Promise<void>
}

const tx: Tx = {
  *run(statement, values) {
    return yield values ? { statement, values } : { statement }
  },
  *query(build) {
    return yield { build }
  },
  *attempt(body) {
    yield { control: 'SAVEPOINT part' }
    try {
      const value = yield* body()
      yield { control: 'RELEASE part' }
      return { ok: true, value }
    } catch (error) {
      yield { control: 'ROLLBACK TO part' }
      yield { control: 'RELEASE part' }
      return { ok: false, error }
    }
  },
}

/**
 * The steps of a transaction that a failed statement ends, on both engines alike: PostgreSQL would refuse what follows and
 * answer COMMIT with a silent rollback, SQLite would go on as if nothing had failed. The error may be caught to be put in other
 * words; only the `attempt` around the statement makes it good.
 */
export function* allOrNothing<T>(body: (tx: Tx) => Steps<T>): Steps<T> {
  const steps = body(tx)
  let failure: { error: unknown } | undefined
  let step = steps.next()
  while (!step.done) {
    const undoes = 'control' in step.value && step.value.control.startsWith('ROLLBACK')
    let value: unknown
    try {
      if (failure && !undoes) throw failure.error
      value = yield step.value
      if (undoes) failure = undefined
    } catch (error) {
      failure ??= { error }
      step = steps.throw(error)
      continue
    }
    step = steps.next(value)
  }
  if (failure) throw failure.error
  return step.value
}

/** A column of a statement that writes: when that has committed, every `signal` wakes, on all nodes. */
export const wakeAll = ({ engine }: Pick<Store, 'engine'>) =>
  engine === 'postgres'
    ? sql<string | null>`pg_notify('${sql.raw(CHANNEL)}', '')::text`
    : sql<string | null>`null`

/**
 * A named value of a statement. In a condition, and wherever a time or a flag may be null, give the column too: it encodes the
 * value (a Date is a number on SQLite) and, on PostgreSQL, types a null.
 */
export function $(name: string): ReturnType<typeof sql.placeholder>
export function $(name: string, column: Column): SQL
export function $(name: string, column?: Column) {
  if (!column) return sql.placeholder(name)
  // drizzle's own encoders take null for a Date and fail, or for a flag and store false.
  const encoder = {
    mapToDriverValue: (data: unknown) => (data === null ? null : column.mapToDriverValue(data)),
  }
  const value = sql`${sql.param(sql.placeholder(name), encoder)}`
  return is(column, pgCore.PgColumn) ? value.append(sql.raw(`::${column.getSQLType()}`)) : value
}

/** The unique index or constraint that a write ran into, or undefined when it failed for another reason. */
export function violatedUnique(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!('code' in cause)) continue
    if (cause.code === '23505') return 'constraint' in cause ? String(cause.constraint) : ''
    if (cause.code === 'SQLITE_CONSTRAINT_UNIQUE' || cause.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
      // "UNIQUE constraint failed: users.username_key" names the columns; indexes are named table_column.
      return cause.message.replace(/^.*failed: /, '').replaceAll('.', '_')
  }
  return undefined
}

/** Whether a write named a row that is not there (any more). */
export function lacksParent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return code === '23503' || code === 'SQLITE_CONSTRAINT_FOREIGNKEY' || lacksParent(error.cause)
}

/** Shapes of one query that stay prepared. */
const SHAPES = 200

/**
 * Statements whose shape depends on the call (which columns change, which filters apply), each declared at its first use. Of those
 * that a `store` is given for, the ones that were used last stay: callers choose the shapes, and each takes some 50 KB.
 */
export function perShape<T>(
  declare: (shape: string) => Statement<T>,
  store?: Pick<Store, 'forget'>,
  most: number = SHAPES,
) {
  const known = new Map<string, Statement<T>>()
  return (shape: string): Statement<T> => {
    const statement = known.get(shape) ?? declare(shape)
    // A map keeps its order: what is used last comes last.
    known.delete(shape)
    known.set(shape, statement)
    const [oldest] = known
    if (store && oldest && known.size > most) {
      known.delete(oldest[0])
      store.forget(oldest[1])
    }
    return statement
  }
}
