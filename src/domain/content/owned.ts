import { lacksParent, type Statement, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Actor } from '../actor.ts'
import type { Action, Audit } from '../audit.ts'
import type { Clock } from '../clock.ts'
import type { Secrets } from '../secrets.ts'
import { Forbidden, TokenRevoked } from '../access-errors.ts'
import { NotFound, PreconditionFailed } from '../errors.ts'
import type { Indexed } from './reindex.ts'
import type { Version } from '../version.ts'
import { allowedByRole, mayAct } from '../policy.ts'
import {
  columnsOf,
  type OwnedTable,
  type Owner,
  ownedStatements,
  type Row,
  type Shown,
} from './owned-statements.ts'

export interface ContentDeps {
  store: Store
  clock: Clock
  audit: Audit
  secrets: Secrets
}
/** Absent and undefined members stay as they are. */
type Changes<T> = { [K in keyof T]?: T[K] | undefined }

export interface Owned<T extends OwnedTable> {
  /** `post`: names the statements and the audit's targets. */
  name: 'post' | 'todo' | 'book'
  /** `Post`, as in "Post not found". */
  one: string
  /** `posts`, as in "You can only edit your own posts". */
  many: string
  /** The columns that follow from the others, such as what the record is sorted and searched by. */
  derive(row: Shown<T>): Partial<Row<T>>
}

/**
 * The owner rule, once, over any table with `id`, `user_id` and `revision`: the owner is part of the write itself, so no gap
 * lies between check and write, and it cannot be forgotten.
 */
export function createOwned<T extends OwnedTable>(
  { store, clock, audit }: ContentDeps,
  source: T,
  { name, one, many, derive }: Owned<T>,
) {
  const { byId, withOwner, inserts, updates, removals, derivations, idsAfter } = ownedStatements(
    store,
    source,
    name,
  )

  /** Brings the derived columns in line with the others. @returns the row with them */
  function* settle(tx: Tx, row: Shown<T>): Steps<Shown<T>> {
    const changed = differing(row, derive(row))
    if (Object.keys(changed).length === 0) return row
    const { id, revision } = row
    const [settled] = yield* tx.run(derivations(columnsOf(changed)), { ...changed, id, revision })
    return settled ?? row
  }

  /** Why a write touched nothing, or a private record is not shown. */
  async function refusal(actor: Actor, id: number, verb: 'edit' | 'delete' | 'view') {
    const [found] = await store.read(byId, { id })
    if (!found) return new NotFound(one)
    // It is theirs to write, and was written meanwhile.
    if (verb !== 'view' && mayAct(actor, `${name}.${verb}`, found.userId))
      return new PreconditionFailed()
    await audit.record({
      action: 'access.denied',
      outcome: 'denied',
      actorId: actor.id,
      target: { type: name, id },
      origin: actor.origin,
    })
    return new Forbidden(`You can only ${verb} your own ${many}`)
  }

  /** The version that a write must find. @throws NotFound, Forbidden, PreconditionFailed when the record has none of these */
  async function expected(
    actor: Actor,
    id: number,
    verb: 'edit' | 'delete',
    versions: readonly Version[],
  ): Promise<Version> {
    const [found] = await store.read(withOwner, { id })
    if (!found || !mayAct(actor, `${name}.${verb}`, found.record.userId))
      throw await refusal(actor, id, verb)
    const match = versions.find(
      ([own, ofOwner = found.owner.revision]) =>
        own === found.record.revision && ofOwner === found.owner.revision,
    )
    if (!match) throw new PreconditionFailed()
    return match
  }

  /** Writes one record, with what follows from it, all or nothing. */
  async function write(
    actor: Actor,
    id: number,
    verb: 'edit' | 'delete',
    ifMatch: readonly Version[] | undefined,
    statement: (shape: string) => Statement<Array<Row<T>>>,
    values: Record<string, unknown>,
  ): Promise<Shown<T>> {
    const [ifRevision, ofRevision] = ifMatch ? await expected(actor, id, verb, ifMatch) : []
    const byRole = allowedByRole(actor, `${name}.${verb}`)
    const shape = [
      byRole ? 'any' : 'own',
      ...(ifRevision === undefined ? [] : ['if']),
      ...(ofRevision === undefined ? [] : ['of']),
    ].join('+')
    const given = { ...values, id, userId: actor.id, ifRevision, ofRevision, now: clock.now() }
    const written = await store.transaction(function* (tx) {
      const [row] = yield* tx.run(statement(shape), given)
      if (!row) return undefined
      if (row.userId !== actor.id)
        yield* audit.within(tx, {
          action: `${name}.${verb === 'edit' ? 'update' : 'delete'}` as Action,
          outcome: 'success',
          actorId: actor.id,
          target: { type: name, id: row.id },
          origin: actor.origin,
        })
      return verb === 'edit' ? yield* settle(tx, row) : row
    })
    if (!written) throw await refusal(actor, id, verb)
    return written
  }

  return {
    /** Inserts a record of the actor's. @throws TokenRevoked when their account was deleted meanwhile. */
    async create(actor: Actor, input: Changes<Row<T>>): Promise<Row<T>> {
      const now = clock.now()
      const values = { ...input, userId: actor.id, createdAt: now, updatedAt: now } as Row<T>
      const row = { ...values, ...derive(values) }
      const [created] = await store.write(inserts(columnsOf(row)), row).catch((error: unknown) => {
        throw lacksParent(error) ? new TokenRevoked() : error
      })
      return created!
    },
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
    /** @throws NotFound when absent, Forbidden when someone else's. */
    async findOwn(actor: Actor, id: number): Promise<Shown<T>> {
      const [row] = await store.read(byId, { id })
      if (!row || row.userId !== actor.id) throw await refusal(actor, id, 'view')
      return row
    },
    /**
     * Sets the given columns (at least one) and raises the revision.
     * @param ifMatch versions of which the record must have one (RFC 9110, section 13.1.1)
     * @throws NotFound when absent, Forbidden when someone else's, PreconditionFailed
     */
    async update(actor: Actor, id: number, changes: Changes<Row<T>>, ifMatch?: readonly Version[]) {
      const set = Object.fromEntries(
        Object.entries(changes).filter(([, value]) => value !== undefined),
      )
      const columns = columnsOf(set)
      return write(actor, id, 'edit', ifMatch, (shape) => updates(`${shape} ${columns}`), set)
    },
    /** @throws NotFound when absent, Forbidden when someone else's, PreconditionFailed */
    async remove(actor: Actor, id: number, ifMatch?: readonly Version[]): Promise<void> {
      await write(actor, id, 'delete', ifMatch, removals, {})
    },
    refusal,
    /** For `reindex`. */
    indexed: {
      name,
      *after(tx: Tx, id: number, limit: number): Steps<number[]> {
        return (yield* tx.run(idsAfter, { id, limit })).map((row) => row.id)
      },
      *settle(tx: Tx, id: number): Steps<void> {
        const [row] = yield* tx.run(byId, { id })
        if (row) yield* settle(tx, row)
      },
    } satisfies Indexed,
  }
}

/** Those of the columns that are not so in the row. */
function differing<R extends object>(row: R, columns: Partial<R>): Partial<R> {
  const before = new Map(Object.entries(row))
  const changed = Object.entries(columns).filter(
    ([column, value]) => plain(before.get(column)) !== plain(value),
  )
  return Object.fromEntries(changed) as Partial<R>
}
const plain = (value: unknown) => (value instanceof Date ? value.getTime() : value)
