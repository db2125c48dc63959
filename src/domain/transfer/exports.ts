import { and, asc, count, eq, gt } from '../../db/drizzle.ts'
import { $, type Statement, type Store } from '../../db/store.ts'
import type { Actor } from '../../base/actor.ts'
import { listOf } from '../resources/engine/list.ts'
import { type Row, sourceOf } from '../resources/engine/statements.ts'
import type { AnyResource } from '../resources/resource.ts'

/** Records that are held in memory at once, and fewer of those that may be a hundred times as long. */
const PAGE = { short: 200, long: 20 }
/** Code points of a member from which on a record is long. */
const LONG = 50_000

export interface Scope {
  /** All that one may read, not only one's own. */
  all?: boolean | undefined
}

/**
 * Everything that a user may take with them, page by page in the order of the ids: each record that is there from the beginning to the
 * end of an export is in it once. No page keeps anything of the database open.
 */
export function createExports(store: Store, resources: readonly AnyResource[]) {
  const statements = new Map(
    resources.map((resource) => [resource, statementsOf(store, resource)] as const),
  )

  return {
    /** Those that are one's own, or all of a resource that others may read. */
    async *pages(
      resource: AnyResource,
      { id: userId }: Pick<Actor, 'id'>,
      { all = false }: Scope = {},
    ): AsyncGenerator<Row[]> {
      const statement = statements.get(resource)![all && resource.read !== 'owner' ? 'all' : 'own']
      const isLong = Object.values(resource.members).some(({ most = 0 }) => most > LONG)
      const limit = isLong ? PAGE.long : PAGE.short
      for (let id = 0; ;) {
        const page = await store.read(statement, { id, userId, limit })
        const last = page.at(-1)
        if (!last) return
        yield page
        if (page.length < limit) return
        id = last.id
      }
    },

    /** How many records these are. */
    async count(resource: AnyResource, { id }: Pick<Actor, 'id'>, { all = false }: Scope = {}) {
      const table = sourceOf(store, resource)
      const [counted] = await store.query((q) =>
        q
          .select({ count: count() })
          .from(table)
          .where(all ? undefined : eq(table.userId, id)),
      )
      return counted?.count ?? 0
    },
  }
}
export type Exports = ReturnType<typeof createExports>

function statementsOf(store: Store, resource: AnyResource) {
  const table = sourceOf(store, resource)
  const { name, shown } = listOf(resource)
  const define = (scope: 'all' | 'own') =>
    store.define(`export_${name}_${scope}`, (q) =>
      q
        .select(shown(table))
        .from(table)
        .where(
          and(scope === 'own' ? eq(table.userId, $('userId')) : undefined, gt(table.id, $('id'))),
        )
        .orderBy(asc(table.id))
        .limit($('limit')),
    ) as unknown as Statement<Row[]>
  return { all: define('all'), own: define('own') }
}
