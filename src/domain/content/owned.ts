import { and, eq, sql } from '../../db/drizzle.ts'
import { $, lacksParent, perShape, type Statement, type Store } from '../../db/store.ts'
import type { Tables } from '../../db/tables.ts'
import type { Actor } from '../actor.ts'
import type { Action, Audit } from '../audit.ts'
import type { Clock } from '../clock.ts'
import { Forbidden, TokenRevoked } from '../access-errors.ts'
import { NotFound } from '../errors.ts'
import { allowedByRole, capacities } from '../policy.ts'

export interface ContentDeps {
  store: Store
  clock: Clock
  audit: Audit
}
type OwnedTable = Tables['posts'] | Tables['todos'] | Tables['books']
type Row<T extends OwnedTable> = T['$inferSelect']
/** Absent and undefined members stay as they are. */
type Changes<T> = { [K in keyof T]?: T[K] | undefined }

export interface OwnedWords {
  /** `post`: names the statements and the audit's targets. */
  name: 'post' | 'todo' | 'book'
  /** `Post`, as in "Post not found". */
  one: string
  /** `posts`, as in "You can only edit your own posts". */
  many: string
}

/**
 * The owner rule, once, over any table with `id`, `user_id` and `revision`: the owner is part of the write itself, so no gap
 * lies between check and write, and it cannot be forgotten.
 */
export function createOwned<T extends OwnedTable>(
  { store, clock, audit }: ContentDeps,
  source: T,
  { name, one, many }: OwnedWords,
) {
  const moderated = (verb: 'edit' | 'delete') => capacities(`${name}.${verb}`).length > 1
  // drizzle infers no rows for a generic table: the statements below use only what all three share.
  const table = source as Tables['posts']
  const rows = (statement: unknown) => statement as Statement<Array<Row<T>>>

  const byId = rows(
    store.define(`${name}_by_id`, (q) =>
      q
        .select()
        .from(table)
        .where(eq(table.id, $('id'))),
    ),
  )
  const reach = (own: boolean) =>
    own ? and(eq(table.id, $('id')), eq(table.userId, $('userId'))) : eq(table.id, $('id'))
  const removal = (own: boolean) =>
    rows(
      store.define(`${name}_remove_${own ? 'own' : 'any'}`, (q) =>
        q.delete(table).where(reach(own)).returning(),
      ),
    )
  const removeOwn = removal(true)
  const removeAny = moderated('delete') ? removal(false) : undefined
  const updates = (own: boolean) =>
    perShape((columns) =>
      rows(
        store.define(`${name}_update_${own ? 'own' : 'any'}_${columns}`, (q) =>
          q
            .update(table)
            .set({
              ...Object.fromEntries(columns.split(',').map((column) => [column, $(column)])),
              revision: sql`${table.revision} + 1`,
              updatedAt: sql`${$('now', table.updatedAt)}`,
            })
            .where(reach(own))
            .returning(),
        ),
      ),
    )
  const updateOwn = updates(true)
  const updateAny = moderated('edit') ? updates(false) : undefined

  /** Why a write touched nothing, or a private record is not shown. */
  async function refusal(actor: Actor, id: number, verb: 'edit' | 'delete' | 'view') {
    const [found] = await store.read(byId, { id })
    if (!found) return new NotFound(one)
    await audit.record({
      action: 'access.denied',
      outcome: 'denied',
      actorId: actor.id,
      target: { type: name, id },
      origin: actor.origin,
    })
    return new Forbidden(`You can only ${verb} your own ${many}`)
  }

  /** Writes as a moderator or admin: what they do to another's record is audited with it. */
  function moderate(
    actor: Actor,
    statement: Statement<Array<Row<T>>>,
    values: Record<string, unknown>,
    action: Action,
  ) {
    return store.transaction(function* (tx) {
      const [row] = yield* tx.run(statement, values)
      if (row && row.userId !== actor.id)
        yield* audit.within(tx, {
          action,
          outcome: 'success',
          actorId: actor.id,
          target: { type: name, id: row.id },
          origin: actor.origin,
        })
      return row
    })
  }

  return {
    /** Inserts a record of the actor's. @throws TokenRevoked when their account was deleted meanwhile. */
    async create(
      actor: Actor,
      statement: Statement<Array<Row<T>>>,
      values: Record<string, unknown>,
    ): Promise<Row<T>> {
      const [row] = await store
        .write(statement, { ...values, userId: actor.id, now: clock.now() })
        .catch((error: unknown) => {
          throw lacksParent(error) ? new TokenRevoked() : error
        })
      return row!
    },
    /** @throws NotFound */
    async find(id: number): Promise<Row<T>> {
      const [row] = await store.read(byId, { id })
      if (!row) throw new NotFound(one)
      return row
    },
    /** @throws NotFound when absent, Forbidden when someone else's. */
    async findOwn(actor: Actor, id: number): Promise<Row<T>> {
      const [row] = await store.read(byId, { id })
      if (!row || row.userId !== actor.id) throw await refusal(actor, id, 'view')
      return row
    },
    /**
     * Sets the given columns (at least one) and raises the revision.
     * @throws NotFound when absent, Forbidden when someone else's.
     */
    async update(actor: Actor, id: number, changes: Changes<Row<T>>): Promise<Row<T>> {
      const set = Object.entries(changes).filter(([, value]) => value !== undefined)
      const columns = set
        .map(([column]) => column)
        .toSorted()
        .join(',')
      const values = { ...Object.fromEntries(set), id, userId: actor.id, now: clock.now() }
      const row =
        updateAny && allowedByRole(actor, `${name}.edit`)
          ? await moderate(actor, updateAny(columns), values, `${name}.update` as Action)
          : (await store.write(updateOwn(columns), values)).at(0)
      if (!row) throw await refusal(actor, id, 'edit')
      return row
    },
    /** @throws NotFound when absent, Forbidden when someone else's. */
    async remove(actor: Actor, id: number): Promise<void> {
      const values = { id, userId: actor.id }
      const row =
        removeAny && allowedByRole(actor, `${name}.delete`)
          ? await moderate(actor, removeAny, values, `${name}.delete` as Action)
          : (await store.write(removeOwn, values)).at(0)
      if (!row) throw await refusal(actor, id, 'delete')
    },
    refusal,
  }
}
