import { lacksParent, type Steps, type Tx, violatedUnique } from '../../../db/store.ts'
import { Forbidden, TokenRevoked } from '../../../base/access-errors.ts'
import type { Actor } from '../../../base/actor.ts'
import { NotFound, PreconditionFailed } from '../../../base/errors.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Action, Audit } from '../../audit.ts'
import type { Change } from '../../changes.ts'
import type { Version } from '../../version.ts'
import type { Policy } from '../../policy.ts'
import type { AnyResource } from '../resource.ts'
import type { Model, Values } from './model.ts'
import type { Owners, Shown, View } from './owner-view.ts'
import { columnsOf, type Row, type Statements } from './statements.ts'

/** What a write did: the record as it is shown now (of a removal nothing), and what to append to the log of changes. */
export interface Written<V> {
  record: V
  change: Change
}
/**
 * A write whose input is checked, to be run inside a transaction: alone, or beside others. Whoever runs it appends its change to the log
 * last. `owners` holds those that the transaction has read already.
 * It throws NotFound when the record is absent, Forbidden when it is someone else's, PreconditionFailed.
 */
export type Write<V> = (tx: Tx, owners?: Owners) => Steps<Written<V>>

type Verb = 'edit' | 'delete'

interface Deps {
  clock: Clock
  audit: Audit
  policy: Policy
}

/** The writes of one resource: the owner rule is part of each, so no gap lies between check and write. */
export function writesOf(
  { clock, audit, policy }: Deps,
  { name, table: many, unique }: AnyResource,
  { check, complete, derive }: Model,
  statements: Statements,
  view: View,
) {
  const { ownerOf, withOwner, locks, inserts, insertMany, updates, removals, derivations } =
    statements
  const { allowedByRole, mayAct } = policy
  const changeOf = (happened: 'created' | 'updated' | 'deleted', { id, userId }: Row): Change => ({
    type: `${name}.${happened}`,
    resourceId: id,
    userId,
  })

  /** Brings the derived columns in line with the others. @returns the row with them */
  function* settle(tx: Tx, row: Row): Steps<Row> {
    const changed = differing(row, derive(row))
    if (Object.keys(changed).length === 0) return row
    const { id, revision } = row
    const [settled] = yield* tx.run(derivations(columnsOf(changed)), { ...changed, id, revision })
    return settled ?? row
  }

  /** Why a write touched nothing. */
  function* refusal(tx: Tx, actor: Actor, id: number, verb: Verb): Steps<Error> {
    const [found] = yield* tx.run(ownerOf, { id })
    if (!found) return new NotFound(oneOf(name))
    // It is theirs to write, and was written meanwhile.
    if (mayAct(actor, `${name}.${verb}`, found.userId)) return new PreconditionFailed()
    return new Forbidden(`You can only ${verb} your own ${many}`)
  }

  /** The version that a write must find. */
  function* expected(
    tx: Tx,
    actor: Actor,
    id: number,
    verb: Verb,
    versions: readonly Version[],
  ): Steps<Version> {
    const [found] = yield* tx.run(withOwner, { id })
    if (!found || !mayAct(actor, `${name}.${verb}`, found.record.userId))
      throw yield* refusal(tx, actor, id, verb)
    const match = versions.find(
      ([own, ofOwner = found.owner.revision]) =>
        own === found.record.revision && ofOwner === found.owner.revision,
    )
    if (!match) throw new PreconditionFailed()
    return match
  }

  /** Changes or removes one record. A moderator's act on another's record is audited with it. */
  function* touch(
    tx: Tx,
    actor: Actor,
    id: number,
    ifMatch: readonly Version[] | undefined,
    verb: Verb,
    set: object = {},
  ): Steps<Row> {
    const [ifRevision, ofRevision] = ifMatch ? yield* expected(tx, actor, id, verb, ifMatch) : []
    const shape = [
      allowedByRole(actor, `${name}.${verb}`) ? 'any' : 'own',
      ...(ifRevision === undefined ? [] : ['if']),
      ...(ofRevision === undefined ? [] : ['of']),
    ].join('+')
    const statement = verb === 'edit' ? updates(`${shape} ${columnsOf(set)}`) : removals(shape)
    const now = clock.now()
    const given = { ...set, id, userId: actor.id, ifRevision, ofRevision, now }
    const [row] = yield* tx.run(statement, given)
    if (!row) throw yield* refusal(tx, actor, id, verb)
    if (row.userId !== actor.id)
      yield* audit.within(tx, {
        action: `${name}.${verb === 'edit' ? 'update' : 'delete'}` as Action,
        outcome: 'success',
        actorId: actor.id,
        target: { type: name, id: row.id },
        origin: actor.origin,
      })
    return row
  }

  /** What went wrong, in the words of the domain. */
  function reword(error: unknown): unknown {
    if (lacksParent(error)) return new TokenRevoked()
    return unique && violatedUnique(error) !== undefined ? unique.taken() : error
  }

  /** The columns of a new record of the actor's. @throws ValidationFailed */
  function rowOf(actor: Actor, input: object): Row {
    const now = clock.now()
    const values = { ...complete(input), userId: actor.id, createdAt: now, updatedAt: now }
    // The cast: what is not given has a default in the table.
    return { ...values, ...derive(values) } as unknown as Row
  }

  return {
    settle,
    rowOf,
    /**
     * Locks those of the records that the actor may write, in the order of their ids. Before writes in another order: two transactions
     * that took each other's records would wait for each other.
     */
    *lock(tx: Tx, actor: Actor, ids: readonly number[]): Steps<void> {
      if (!locks || ids.length < 2) return
      const whose = allowedByRole(actor, `${name}.edit`) ? 'any' : 'own'
      yield* tx.run(locks(whose), { ids, userId: actor.id })
    },
    /** Inserts many rows that `rowOf` made. @throws as what `create` returns */
    *insertRows(tx: Tx, rows: readonly Row[]): Steps<Change[]> {
      try {
        const ids = yield* insertMany(tx, rows)
        const userId = rows[0]?.userId ?? 0
        return ids.map((id) => ({
          type: `${name}.created`,
          resourceId: Number(id),
          userId,
        }))
      } catch (error) {
        throw reword(error)
      }
    },
    /** Inserts a record of the actor's. @throws ValidationFailed; the write throws TokenRevoked when their account was deleted meanwhile */
    create(actor: Actor, input: object): Write<Shown> {
      const row = rowOf(actor, input)
      const insert = inserts(columnsOf(row))
      return function* (tx, owners) {
        try {
          const [made] = yield* tx.run(insert, row)
          return { record: yield* view(tx, made!, owners), change: changeOf('created', made!) }
        } catch (error) {
          throw reword(error)
        }
      }
    },
    /**
     * Sets the given columns (at least one) and raises the revision.
     * @param ifMatch versions of which the record must have one (RFC 9110, section 13.1.1)
     * @throws ValidationFailed
     */
    update(actor: Actor, id: number, changes: object, ifMatch?: readonly Version[]): Write<Shown> {
      const checked = Object.entries<unknown>(check(changes as Values))
      const set = Object.fromEntries(checked.filter(([, value]) => value !== undefined))
      return function* (tx, owners) {
        try {
          const row = yield* settle(tx, yield* touch(tx, actor, id, ifMatch, 'edit', set))
          return { record: yield* view(tx, row, owners), change: changeOf('updated', row) }
        } catch (error) {
          throw reword(error)
        }
      }
    },
    /** @param ifMatch as for `update` */
    remove: (actor: Actor, id: number, ifMatch?: readonly Version[]): Write<undefined> =>
      function* (tx) {
        const row = yield* touch(tx, actor, id, ifMatch, 'delete')
        return { record: undefined, change: changeOf('deleted', row) }
      },
  }
}

/** Those of the columns that are not so in the row. */
const differing = (row: Values, columns: Values): Values =>
  Object.fromEntries(
    Object.entries(columns).filter(([column, value]) => plain(row[column]) !== plain(value)),
  )
const plain = (value: unknown) => (value instanceof Date ? value.getTime() : value)

/** `Todo`, as in "Todo not found". */
export const oneOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`
