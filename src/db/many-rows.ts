import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { getTableColumns, sql } from './drizzle.ts'
import { $, type Statement, type Steps, type Store, type Tx } from './store.ts'

/** Rows of one statement: a round trip and a plan for all of them, and few enough not to keep the event loop. */
const ROWS = 50

type Row = Readonly<Record<string, unknown>>

/**
 * Inserts rows of the same columns, many in a statement that is declared when it is first used.
 * @param name of the statements
 * @param returned the column whose values are given back, in any order
 */
export function manyRows(store: Store, name: string, table: PgTable, returned: PgColumn) {
  const targets = new Map<string, PgColumn>(Object.entries(getTableColumns(table)))
  const declared = new Map<string, Statement<Array<{ key: unknown }>>>()

  function statementOf(columns: readonly string[], count: number) {
    const shape = `${name} ${count} ${columns.join()}`
    let statement = declared.get(shape)
    if (!statement) {
      statement = store.define(shape, (q) =>
        q
          .insert(table)
          .values(Array.from({ length: count }, (_, i) => placeholders(columns, i)))
          .returning({ key: returned }),
      )
      declared.set(shape, statement)
    }
    return statement
  }
  const placeholders = (columns: readonly string[], i: number) =>
    Object.fromEntries(
      columns.map((column) => [column, sql`${$(`${column}_${i}`, targets.get(column)!)}`]),
    )

  return function* insert(tx: Tx, rows: readonly Row[]): Steps<unknown[]> {
    const columns = Object.keys(rows[0] ?? {}).toSorted()
    const keys: unknown[] = []
    for (let from = 0; from < rows.length;) {
      const count = rows.length - from >= ROWS ? ROWS : 1
      const values: Record<string, unknown> = {}
      for (let i = 0; i < count; i++)
        for (const column of columns) values[`${column}_${i}`] = rows[from + i]![column]
      for (const { key } of yield* tx.run(statementOf(columns, count), values)) keys.push(key)
      from += count
    }
    return keys
  }
}
