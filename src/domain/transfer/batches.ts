import { and, eq, sql } from '../../db/drizzle.ts'
import { $, type Steps, type Store, type Tx } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { Change, Changes } from '../changes.ts'
import type { AnyResource } from '../resources/resource.ts'
import { createTaken } from './unique.ts'

/** A file, whatever it is called: whose records it shall become, of which resource, and the SHA-256 of its bytes. */
export interface Source {
  userId: number
  /** Its table. */
  resource: string
  digest: string
}
/** How many rows of a file are done with, and what became of them. */
export interface Progress {
  rows: number
  created: number
  rejected: number
}
type Insert = (tx: Tx) => Steps<Change[]>

/** Large files, part by part: each part is written with how far it reaches, so that the next try goes on exactly behind it. */
export function createBatches({
  store,
  clock,
  changeLog,
}: {
  store: Store
  clock: Clock
  changeLog: Changes
}) {
  const { imports } = store.tables
  const same = and(
    eq(imports.userId, $('userId')),
    eq(imports.resource, $('resource')),
    eq(imports.digest, $('digest')),
  )
  const find = store.define('import_find', (q) =>
    q
      .select({ rows: imports.rows, created: imports.created, rejected: imports.rejected })
      .from(imports)
      .where(same),
  )
  const forget = store.define('import_forget', (q) => q.delete(imports).where(same))
  const keep = store.define('import_keep', (q) =>
    q
      .insert(imports)
      .values({
        userId: sql`${$('userId')}`,
        resource: $('resource'),
        digest: $('digest'),
        rows: sql`${$('rows')}`,
        created: sql`${$('created')}`,
        rejected: sql`${$('rejected')}`,
        updatedAt: $('now'),
      })
      .onConflictDoUpdate({
        target: [imports.userId, imports.resource, imports.digest],
        set: {
          rows: sql`excluded.rows`,
          created: sql`excluded.created`,
          rejected: sql`excluded.rejected`,
          updatedAt: sql`excluded.updated_at`,
        },
      }),
  )

  return {
    taken: (resource: AnyResource) => createTaken(store, resource),
    /** How far an earlier try has come. It is known for 30 days. */
    async find(source: Source): Promise<Progress> {
      const [found] = await store.read(find, { ...source })
      return found ?? { rows: 0, created: 0, rejected: 0 }
    },
    /** The next try begins with the first row. */
    forget: async (source: Source): Promise<void> => {
      await store.write(forget, { ...source })
    },
    /** Writes a part and how far the file is done with it, both or neither. @throws TokenRevoked, what `unique` of the resource says */
    write: (source: Source, progress: Progress, insert: Insert): Promise<void> =>
      store.transaction(function* (tx) {
        const happened = yield* insert(tx)
        yield* tx.run(keep, { ...source, ...progress, now: clock.now() })
        yield* changeLog.record(tx, happened)
      }),
  }
}
export type Batches = ReturnType<typeof createBatches>
