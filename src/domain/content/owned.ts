import type { Steps, Tx } from '../../db/store.ts'
import { Forbidden } from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import { NotFound } from '../../base/errors.ts'
import type { Version } from '../version.ts'
import { type OwnedTable, type Owner, ownedStatements, type Shown } from './owned-statements.ts'
import type { ContentDeps, Owned } from './owned-resource.ts'
import { ownedWrites, type Write } from './owned-writes.ts'
import type { Indexed } from './reindex.ts'

/** A last step of a transaction that wrote something, such as keeping the reply to it. */
export type Last<R> = (tx: Tx, result: R) => Steps<void>

/**
 * The owner rule, once, over any table with `id`, `user_id` and `revision`: the owner is part of the write itself, so no gap
 * lies between check and write, and it cannot be forgotten.
 */
export function createOwned<T extends OwnedTable, I, V>(
  deps: ContentDeps,
  source: T,
  owned: Owned<T, I, V>,
) {
  const { store, audit, changeLog } = deps
  const { name, one, many } = owned
  const statements = ownedStatements(store, source, name)
  const { byId, withOwner, versions, idsAfter } = statements
  const { settle, ...plan } = ownedWrites(deps, statements, owned)

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

  return {
    /** Writes that are checked, to run inside a transaction with others. */
    plan,
    denied,
    /** Inserts a record of the actor's. @throws ValidationFailed, TokenRevoked when their account was deleted meanwhile */
    create: async (actor: Actor, input: I, last?: Last<V>) => run(plan.create(actor, input), last),
    /** @throws NotFound */
    async find(id: number): Promise<Shown<T>> {
      const [row] = await store.read(byId, { id })
      if (!row) throw new NotFound(one)
      return row
    },
    /** A record with its owner. @throws NotFound */
    async findWithOwner(id: number): Promise<{ record: Shown<T>; owner: Owner }> {
      const [found] = await store.read(withOwner, { id })
      if (!found) throw new NotFound(one)
      return found
    },
    /** The revisions that are in what is shown of a record with its owner: quicker than to read it. @throws NotFound */
    async version(id: number): Promise<Version> {
      const [found] = await store.read(versions, { id })
      if (!found) throw new NotFound(one)
      return [found.own, found.owner]
    },
    /** @throws NotFound when absent, Forbidden when someone else's. */
    async findOwn(actor: Actor, id: number): Promise<Shown<T>> {
      const [row] = await store.read(byId, { id })
      if (!row) throw new NotFound(one)
      if (row.userId === actor.id) return row
      await denied(actor, id)
      throw new Forbidden(`You can only view your own ${many}`)
    },
    /**
     * Sets the given members (at least one) and raises the revision.
     * @param ifMatch versions of which the record must have one (RFC 9110, section 13.1.1)
     * @throws ValidationFailed, NotFound when absent, Forbidden when someone else's, PreconditionFailed
     */
    update: async (actor: Actor, id: number, changes: Partial<I>, ifMatch?: readonly Version[]) =>
      audited(actor, id, run(plan.update(actor, id, changes, ifMatch))),
    /** @throws NotFound when absent, Forbidden when someone else's, PreconditionFailed */
    remove: async (actor: Actor, id: number, ifMatch?: readonly Version[]): Promise<void> =>
      audited(actor, id, run(plan.remove(actor, id, ifMatch))),
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
