import type { Steps, Store, Tx } from '../../../db/store.ts'
import { Forbidden } from '../../../base/access-errors.ts'
import type { Actor } from '../../../base/actor.ts'
import type { Clock } from '../../../base/clock.ts'
import { NotFound } from '../../../base/errors.ts'
import type { Audit } from '../../audit.ts'
import type { Changes } from '../../changes.ts'
import type { Described, Page, Query } from '../../lists/declaration.ts'
import { createList } from '../../lists/list.ts'
import type { Policy } from '../../policy.ts'
import type { Secrets } from '../../secrets.ts'
import type { Version } from '../../version.ts'
import type { AnyResource, InputOf, Members, RecordOf } from '../resource.ts'
import { createBulk } from './bulk.ts'
import { listOf, normaliserOf } from './list.ts'
import { modelOf } from './model.ts'
import { type Shown, shownAlone, shownWith, viewOf } from './owner-view.ts'
import type { Indexed } from './reindex.ts'
import { type Row, sourceOf, statementsOf } from './statements.ts'
import { oneOf, type Write, writesOf } from './writes.ts'

export interface ResourceDeps {
  store: Store
  clock: Clock
  audit: Audit
  changeLog: Changes
  secrets: Secrets
  policy: Policy
}
/** A last step of a transaction that wrote something, such as keeping the reply to it. */
export type Last<R> = (tx: Tx, result: R) => Steps<void>

/**
 * The records of one resource, with the owner rule once for all: the owner is part of the write itself, so no gap lies between check and
 * write, and it cannot be forgotten.
 */
export function createCollection(deps: ResourceDeps, resource: AnyResource) {
  const { store, audit, changeLog } = deps
  const { name, table, read } = resource
  const model = modelOf(resource)
  const statements = statementsOf(store, resource, model)
  const { byId, withOwner, versions, idsAfter } = statements
  const view = viewOf(store, resource)
  const { settle, ...plan } = writesOf(deps, resource, model, statements, view)
  const isPrivate = read === 'owner'
  const list = createList(deps, listOf(resource), sourceOf(store, resource))
  const normalise = normaliserOf(resource)
  const absent = () => new NotFound(oneOf(name))

  /** Runs one write, all or nothing, with its change in the log. */
  const run = <R>(write: Write<R>, last?: Last<R>): Promise<R> =>
    store.transaction(function* (tx) {
      const { record, change } = yield* write(tx)
      if (last) yield* last(tx, record)
      yield* changeLog.record(tx, [change])
      return record
    })

  const denied = (actor: Actor, id: number) =>
    audit.record({
      action: 'access.denied',
      outcome: 'denied',
      actorId: actor.id,
      target: { type: name, id },
      origin: actor.origin,
    })

  /** Puts it into the audit trail when a record was someone else's. */
  async function audited<R>(actor: Actor, id: number, result: Promise<R>): Promise<R> {
    try {
      return await result
    } catch (error) {
      if (error instanceof Forbidden) await denied(actor, id)
      throw error
    }
  }

  /** @throws NotFound when absent, Forbidden when someone else's. */
  async function findOwn(actor: Actor, id: number): Promise<Row> {
    const row = await find(id)
    if (row.userId === actor.id) return row
    await denied(actor, id)
    throw new Forbidden(`You can only view your own ${table}`)
  }
  /** @throws NotFound */
  async function find(id: number): Promise<Row> {
    const [row] = await store.read(byId, { id })
    if (!row) throw absent()
    return row
  }

  return {
    resource,
    model,
    /** Writes that are checked, to run inside a transaction with others. */
    plan,
    denied,
    find,
    findOwn,
    /** Inserts a record of the actor's. @throws ValidationFailed, TokenRevoked when their account was deleted meanwhile, what `unique` says */
    create: async (actor: Actor, input: object, last?: Last<Shown>): Promise<Shown> =>
      run(plan.create(actor, input), last),
    /**
     * A record as v2 shows it, and the revisions that are in it.
     * @param actor must be given where only owners read
     * @throws NotFound when absent, Forbidden where only owners read and it is someone else's
     */
    async show(actor: Actor | undefined, id: number): Promise<Shown> {
      if (isPrivate) return shownAlone(await findOwn(actor!, id))
      const [found] = await store.read(withOwner, { id })
      if (!found) throw absent()
      return shownWith(found.record, found.owner)
    },
    /** The revisions that are in what is shown of a record with its owner: quicker than to read it. @throws NotFound */
    async version(id: number): Promise<Version> {
      const [found] = await store.read(versions, { id })
      if (!found) throw absent()
      return [found.own, found.owner]
    },
    /**
     * One page of v2.
     * @param actor must be given where only owners read: the records are theirs
     * @throws CursorMismatch, ValidationFailed for a filter that is none
     */
    page(query: Query<Listable>, actor?: Pick<Actor, 'id'>): Promise<Page<Row>> {
      const asked = { ...query, filters: normalise(query.filters) } as Query<never>
      // The casts: whether the list has a scope is known only here, and so is what it shows.
      const owner = (isPrivate ? [actor!.id] : []) as []
      return list.page(asked, ...owner) as Promise<Page<Row>>
    },
    /**
     * Sets the given members (at least one) and raises the revision.
     * @param ifMatch versions of which the record must have one (RFC 9110, section 13.1.1)
     * @throws ValidationFailed, NotFound when absent, Forbidden when someone else's, PreconditionFailed, what `unique` says
     */
    update: async (actor: Actor, id: number, changes: object, ifMatch?: readonly Version[]) =>
      audited(actor, id, run(plan.update(actor, id, changes, ifMatch))),
    /** @throws NotFound when absent, Forbidden when someone else's, PreconditionFailed */
    remove: async (actor: Actor, id: number, ifMatch?: readonly Version[]): Promise<void> =>
      audited(actor, id, run(plan.remove(actor, id, ifMatch))),
    bulk: createBulk({ store, changeLog, plan, denied }),
    /** For `reindex`. */
    indexed: {
      name,
      *after(tx: Tx, id: number, limit: number): Steps<number[]> {
        return (yield* tx.run(idsAfter, { id, limit })).map((row) => row.id)
      },
      *settle(tx: Tx, id: number): Steps<void> {
        const [row] = yield* tx.run(statements.whole, { id })
        if (row) yield* settle(tx, row)
      },
    } satisfies Indexed,
  }
}
export type AnyCollection = ReturnType<typeof createCollection>

/** A list of which it is only known that it can be filtered, sorted and searched. */
export interface Listable extends Described {
  search: unknown
}
/** A collection whose members the compiler knows. */
export interface Collection<M extends Members> extends Omit<
  AnyCollection,
  'find' | 'findOwn' | 'create' | 'update' | 'show' | 'page'
> {
  find(id: number): Promise<Found<M>>
  findOwn(actor: Actor, id: number): Promise<Found<M>>
  show(actor: Actor | undefined, id: number): Promise<Shown & Found<M>>
  page(query: Query<Listable>, actor?: Pick<Actor, 'id'>): Promise<Page<Found<M>>>
  create(actor: Actor, input: InputOf<M>, last?: Last<Shown>): Promise<Shown & Found<M>>
  update(
    actor: Actor,
    id: number,
    changes: Partial<InputOf<M>>,
    ifMatch?: readonly Version[],
  ): Promise<Shown & Found<M>>
}
type Found<M extends Members> = RecordOf<M> & { id: number; userId: number; revision: number }
