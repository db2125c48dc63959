import type { SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { SelectResultFields } from 'drizzle-orm/query-builders/select.types'
import { and, asc, count, desc, eq, getTableColumns, inArray, sql } from '../../db/drizzle.ts'
import type { Tables } from '../../db/schema/tables.ts'
import { $, perShape, type Statement, type Store } from '../../db/store.ts'
import { Forbidden } from '../../base/access-errors.ts'
import type { Actor } from '../../base/actor.ts'
import { NotFound } from '../../base/errors.ts'
import { fold } from '../../base/text.ts'
import type { Changes } from '../changes.ts'
import type { AnyCollection } from '../resources/engine/collection.ts'
import { oneOf } from '../resources/engine/writes.ts'
import { createTotal, type Window } from './total.ts'

/**
 * What v1 alone reads and does: its lists go by offset, oldest first. It is frozen, so this is written out, and not declared.
 */

/**
 * A list that shows some columns of a table, with the number of all its records.
 * @param members what is read, and no more: these are the most read of all
 */
export function createOffsetList<T extends PgTable, K extends keyof T['_']['columns'] & string>(
  store: Store,
  name: string,
  source: T,
  members: readonly K[],
) {
  // drizzle infers no rows for a generic table: the statements below use only what all of them have.
  const table = source as unknown as Tables['posts']
  const columns = getTableColumns(source)
  const shown = Object.fromEntries(members.map((member) => [member, columns[member]!]))
  const rows = (statement: unknown) =>
    statement as Statement<Array<SelectResultFields<Pick<T['_']['columns'], K>>>>
  const byId = rows(
    store.define(`${name}_plain`, (q) =>
      q
        .select(shown)
        .from(table)
        .where(eq(table.id, $('id'))),
    ),
  )
  const page = rows(
    store.define(`${name}_page`, (q) =>
      q.select(shown).from(table).orderBy(asc(table.id)).limit($('limit')).offset($('offset')),
    ),
  )
  const pageOf = rows(
    store.define(`${name}_page_of`, (q) =>
      q
        .select(shown)
        .from(table)
        .where(eq(table.userId, $('userId')))
        .orderBy(asc(table.id))
        .limit($('limit'))
        .offset($('offset')),
    ),
  )
  const total = createTotal(store, table)
  const totalOf = store.define(`${name}_total_of`, (q) =>
    q
      .select({ count: count() })
      .from(table)
      .where(eq(table.userId, $('userId'))),
  )
  return {
    /** @throws NotFound */
    async find(id: number) {
      const [found] = await store.read(byId, { id })
      if (!found) throw new NotFound(oneOf(name))
      return found
    },
    /** `userId` asks for those of one user. */
    async list({ userId, ...window }: Window & { userId?: number | undefined }) {
      if (userId === undefined)
        return { items: await store.read(page, { ...window }), total: await total() }
      const [counted] = await store.read(totalOf, { userId })
      const items = await store.read(pageOf, { ...window, userId })
      return { items, total: counted?.count ?? 0 }
    },
  }
}

export interface TodoFilter extends Window {
  completed?: boolean | undefined
  /** Part of the title or the description, in any case; every character stands for itself. */
  search?: string | undefined
  /** `id` is oldest first (the default), `created_at` newest first. */
  sort?: 'id' | 'created_at' | undefined
}

export function createTodoLists(
  { store, changeLog }: { store: Store; changeLog: Changes },
  { plan, denied }: AnyCollection,
) {
  const { todos } = store.tables
  const { titleKey, descriptionKey } = todos as unknown as Record<string, PgColumn>
  const shown = {
    id: todos.id,
    userId: todos.userId,
    title: todos.title,
    description: todos.description,
    completed: todos.completed,
    createdAt: todos.createdAt,
    updatedAt: todos.updatedAt,
  }
  const filters: Record<string, SQL | undefined> = {
    completed: eq(todos.completed, $('completed', todos.completed)),
    search: sql`(${titleKey} like ${$('pattern')} escape '\\' or ${descriptionKey} like ${$('pattern')} escape '\\')`,
  }
  /** A shape names the filters that apply, and the order. */
  const matching = (shape: string) =>
    and(eq(todos.userId, $('userId')), ...shape.split(',').map((name) => filters[name]))
  const page = perShape((shape) =>
    store.define(`todo_page_${shape}`, (q) =>
      q
        .select(shown)
        .from(todos)
        .where(matching(shape))
        .orderBy(
          ...(shape.includes('created_at')
            ? [desc(todos.createdAt), desc(todos.id)]
            : [asc(todos.id)]),
        )
        .limit($('limit'))
        .offset($('offset')),
    ),
  )
  const total = perShape((shape) =>
    store.define(`todo_total_${shape}`, (q) =>
      q.select({ count: count() }).from(todos).where(matching(shape)),
    ),
  )
  return {
    async list(actor: Actor, { limit, offset, sort = 'id', ...filter }: TodoFilter) {
      const applied = Object.entries(filter).flatMap(([name, value]) =>
        value === undefined ? [] : [name],
      )
      const shape = [...applied.toSorted(), sort].join(',')
      const values = {
        userId: actor.id,
        completed: filter.completed,
        pattern: `%${fold(filter.search ?? '').replaceAll(/[\\%_]/g, '\\$&')}%`,
        limit,
        offset,
      }
      const [counted] = await store.read(total(shape), values)
      return { items: await store.read(page(shape), values), total: counted?.count ?? 0 }
    },
    /**
     * Removes 1 to 100 to-dos, all or none; an id that is given twice counts once.
     * @returns how many were removed.
     * @throws Forbidden when one is someone else's, else NotFound when one is absent.
     */
    async removeMany(actor: Actor, ids: readonly number[]): Promise<number> {
      const wanted = [...new Set(ids)]
      const outcome = await store.transaction(function* (tx) {
        yield* plan.lock(tx, actor, wanted)
        const found = yield* tx.query((q) =>
          q
            .select({ id: todos.id, userId: todos.userId })
            .from(todos)
            .where(inArray(todos.id, wanted)),
        )
        const foreign = found.find(({ userId }) => userId !== actor.id)
        if (foreign) return { foreign: foreign.id }
        const gone = yield* tx.query((q) =>
          q
            .delete(todos)
            .where(and(inArray(todos.id, wanted), eq(todos.userId, actor.id)))
            .returning({ id: todos.id }),
        )
        // Thrown inside: what was there stays.
        if (gone.length < wanted.length) throw new NotFound('Todo')
        const { id: userId } = actor
        yield* changeLog.record(
          tx,
          gone.map(({ id }) => ({ type: 'todo.deleted', resourceId: id, userId })),
        )
        return { deleted: gone.length }
      })
      if (outcome.foreign === undefined) return outcome.deleted
      await denied(actor, outcome.foreign)
      throw new Forbidden('You can only delete your own todos')
    },
  }
}
