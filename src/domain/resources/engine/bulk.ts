import type { Steps, Store, Tx } from '../../../db/store.ts'
import { Forbidden } from '../../../base/access-errors.ts'
import type { Actor } from '../../../base/actor.ts'
import type { Change, Changes } from '../../changes.ts'
import {
  type FastifyError,
  NotFound,
  PreconditionFailed,
  ValidationFailed,
} from '../../../base/errors.ts'
import { BulkRolledBack } from '../../../base/write-errors.ts'
import type { Version } from '../../version.ts'
import type { Last } from './collection.ts'
import type { Owners } from './owner-view.ts'
import type { Write } from './writes.ts'

export type Operation<I> =
  | { op: 'create'; value: I }
  | { op: 'update'; id: number; value: Partial<I>; ifMatch?: readonly Version[] | undefined }
  | { op: 'delete'; id: number; ifMatch?: readonly Version[] | undefined }
/** What became of one operation: the record as it is shown now (of a removal nothing), or why it was not done. */
export type Outcome<V> = { record: V | undefined } | { error: FastifyError }

interface Plan<I, V> {
  lock(tx: Tx, actor: Actor, ids: readonly number[]): Steps<void>
  create(actor: Actor, input: I): Write<V>
  update(actor: Actor, id: number, changes: Partial<I>, ifMatch?: readonly Version[]): Write<V>
  remove(actor: Actor, id: number, ifMatch?: readonly Version[]): Write<undefined>
}
export interface BulkDeps<I, V> {
  store: Store
  changeLog: Changes
  plan: Plan<I, V>
  /** Puts it into the audit trail that a record was someone else's. */
  denied(actor: Actor, id: number): Promise<void>
}

/** Refusals that come before anything was written. The others are the database's, and cost the transaction. */
const HARMLESS = [NotFound, Forbidden, PreconditionFailed, ValidationFailed]

/** Many writes of one resource as one transaction. */
export function createBulk<I, V>({ store, changeLog, plan, denied }: BulkDeps<I, V>) {
  /** @throws ValidationFailed */
  function planned(actor: Actor, operation: Operation<I>): Write<V | undefined> {
    if (operation.op === 'create') return plan.create(actor, operation.value)
    const { id, ifMatch } = operation
    if (operation.op === 'delete') return plan.remove(actor, id, ifMatch)
    return plan.update(actor, id, operation.value, ifMatch)
  }

  /** @param guarded whether each write is a part that may fail alone: it costs two statements more */
  function* run(tx: Tx, write: Write<V | undefined>, owners: Owners, guarded: boolean) {
    if (guarded) {
      const part = yield* tx.attempt(() => write(tx, owners))
      if (part.ok) return part.value
      return { error: refusalOf(part.error) }
    }
    try {
      return yield* write(tx, owners)
    } catch (error) {
      if (HARMLESS.some((harmless) => error instanceof harmless)) return { error: refusalOf(error) }
      throw error
    }
  }

  /**
   * Runs 1 to 100 operations in their order, those that can be done or, with `atomic`, all or none. In the place of one that is known to be
   * unacceptable stands why. `last` is the last step of the transaction.
   * @returns what became of each, in the same order
   * @throws BulkRolledBack with `atomic`, for the first that failed
   */
  return async function bulk(
    actor: Actor,
    operations: ReadonlyArray<Operation<I> | FastifyError>,
    { atomic = false }: { atomic?: boolean | undefined } = {},
    last?: Last<Array<Outcome<V>>>,
  ): Promise<Array<Outcome<V>>> {
    const writes = operations.map((operation) => {
      if (operation instanceof Error) return { error: operation }
      try {
        return planned(actor, operation)
      } catch (error) {
        return { error: refusalOf(error) }
      }
    })
    const named = operations.flatMap((operation) => ('id' in operation ? [operation.id] : []))
    const within = (guarded: boolean) =>
      store.transaction(function* (tx): Steps<Array<Outcome<V>>> {
        yield* plan.lock(tx, actor, named)
        const owners: Owners = new Map()
        const happened: Change[] = []
        const outcomes: Array<Outcome<V>> = []
        for (const [index, write] of writes.entries()) {
          const outcome = 'error' in write ? write : yield* run(tx, write, owners, guarded)
          if ('change' in outcome) happened.push(outcome.change)
          else if (atomic) throw new BulkRolledBack(index, outcome.error)
          outcomes.push(outcome)
        }
        if (last) yield* last(tx, outcomes)
        yield* changeLog.record(tx, happened)
        return outcomes
      })

    const tell = async (index: number, code: string) => {
      const operation = operations[index]
      if (code === new Forbidden('').code && operation && 'id' in operation)
        await denied(actor, operation.id)
    }
    try {
      // Most bulks meet no conflict: the guards are for those that do.
      const outcomes = await within(false).catch((error: unknown) => {
        if (error instanceof BulkRolledBack || !isRefusal(error)) throw error
        return within(true)
      })
      for (const [index, outcome] of outcomes.entries())
        if ('error' in outcome) await tell(index, outcome.error.code)
      return outcomes
    } catch (error) {
      if (error instanceof BulkRolledBack) await tell(error.index, error.failure.code)
      throw error
    }
  }
}

/** An error that tells a caller why not. @throws what is no refusal but a fault */
export function refusalOf(error: unknown): FastifyError {
  if (!isRefusal(error)) throw error
  return error
}

const isRefusal = (error: unknown): error is FastifyError =>
  error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500
