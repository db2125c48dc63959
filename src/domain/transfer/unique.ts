import type { PgColumn } from 'drizzle-orm/pg-core'
import { and, eq, inArray } from '../../db/drizzle.ts'
import type { Store } from '../../db/store.ts'
import type { RowFault } from '../../base/row-fault.ts'
import { sourceOf } from '../resources/engine/statements.ts'
import { type AnyResource, camel } from '../resources/resource.ts'

/** Values that one query looks for. */
const STEP = 500

/** The value of a row that no two records of one owner may share; undefined where there is no such member, or nothing in it. */
export function uniqueValueOf({ unique }: Pick<AnyResource, 'unique'>) {
  const inside = unique && camel(unique.member)
  return (row: object): string | undefined => {
    const value: unknown = inside === undefined ? undefined : Object(row)[inside]
    return typeof value === 'string' ? value : undefined
  }
}

/** Those of the values, given with the lines that they stand in, that a user has a record with: by line, what is wrong. */
export type Taken = (
  userId: number,
  lines: ReadonlyMap<string, number>,
) => Promise<Map<number, RowFault>>

export function createTaken(store: Store, resource: AnyResource): Taken {
  const { unique } = resource
  if (!unique) return async () => new Map()
  const table = sourceOf(store, resource)
  const column = (table as unknown as Record<string, PgColumn>)[camel(unique.member)]!
  const { code, there: detail } = unique.fault
  return async (userId, lines) => {
    const taken = new Map<number, RowFault>()
    const values = [...lines.keys()]
    for (let from = 0; from < values.length; from += STEP) {
      const wanted = values.slice(from, from + STEP)
      const found = await store.query((q) =>
        q
          .select({ value: column })
          .from(table)
          .where(and(eq(table.userId, userId), inArray(column, wanted))),
      )
      for (const { value } of found) {
        const line = lines.get(String(value))
        if (line !== undefined) taken.set(line, { line, code, detail })
      }
    }
    return taken
  }
}

/** Whether an error says that somebody was quicker with a value that no two may share. */
export const isTaken = ({ unique }: AnyResource, error: unknown): boolean =>
  unique !== undefined &&
  error instanceof Error &&
  'code' in error &&
  error.code === unique.taken().code
