import { createReadStream } from 'node:fs'
import { readBook, readTodo } from '../api/v2/import-rows.ts'
import type { Steps, Tx } from '../db/store.ts'
import type { Actor } from '../base/actor.ts'
import type { Backend } from '../domain/backend.ts'
import type { Change } from '../domain/changes.ts'
import { createChecking } from '../domain/transfer/checking.ts'
import { BOOK_COLUMNS, TODO_COLUMNS } from '../domain/transfer/columns.ts'
import type { RowFault } from '../base/row-fault.ts'
import { type Format, readRows } from '../domain/transfer/records.ts'
import type { CheckedRow } from '../domain/transfer/spool.ts'

/** Rows of one transaction: few enough for a server on the same database to wait for. */
const BATCH = 1000

export interface Reading {
  backend: Backend
  actor: Actor
  resource: 'todos' | 'books'
  file: string
  format: Format
  /** Rows at the beginning that are done with. */
  done: number
  /** Called with the number of bytes that have been read. */
  onRead(bytes: number): void
}
/** Some rows that follow each other. */
export interface Batch {
  /** How many rows of the file are read with them. */
  rows: number
  good: Array<CheckedRow<object>>
  /** Of each bad row, what is wrong with it. */
  bad: RowFault[][]
}

/** The rows of a file behind those that are done with, checked by their own rules, against each other and against the owner's books. */
export async function* readBatches(reading: Reading): AsyncGenerator<Batch> {
  const { backend, actor, resource, file, format, done, onRead } = reading
  const { columns, rowOf } = rowsOf(backend, actor)[resource]
  const { check } = createChecking(rowOf)
  let batch: Batch = { rows: 0, good: [], bad: [] }
  for await (const row of readRows(bytesOf(file, onRead), format, columns)) {
    const checked = check(row)
    batch.rows += 1
    // What is done with is read for its ISBNs alone.
    if (batch.rows <= done) continue
    if (Array.isArray(checked)) batch.bad.push(checked)
    else batch.good.push(checked)
    if (batch.good.length + batch.bad.length < BATCH) continue
    yield await withoutTaken(reading, batch)
    batch = { rows: batch.rows, good: [], bad: [] }
  }
  if (batch.good.length + batch.bad.length > 0) yield await withoutTaken(reading, batch)
}

/** The same batch, in which rows with an ISBN that the owner has by now are bad ones. */
export async function withoutTaken({ backend, actor }: Reading, batch: Batch): Promise<Batch> {
  const lines = new Map<string, number>()
  for (const { line, row } of batch.good)
    if ('isbn' in row && typeof row.isbn === 'string') lines.set(row.isbn, line)
  const taken = await backend.batches.takenIsbns(actor.id, lines)
  return {
    rows: batch.rows,
    good: batch.good.filter(({ line }) => !taken.has(line)),
    bad: [...batch.bad, ...[...taken.values()].map((fault) => [fault])],
  }
}

/** The steps that insert the good rows of a batch. */
export const insertOf =
  ({ backend, actor, resource }: Reading, { good }: Batch) =>
  (tx: Tx): Steps<Change[]> =>
    rowsOf(backend, actor)[resource].insert(
      tx,
      good.map(({ row }) => row),
    )

function rowsOf({ todos, books }: Backend, actor: Actor) {
  const [todo, book] = [readTodo(), readBook()]
  type Members = Record<string, unknown>
  return {
    todos: {
      columns: TODO_COLUMNS,
      rowOf: (members: Members): object => todos.plan.rowOf(actor, todo(members)),
      // The casts: the rows are those that `rowOf` made.
      insert: (tx: Tx, rows: object[]) => todos.plan.insertRows(tx, rows as never),
    },
    books: {
      columns: BOOK_COLUMNS,
      rowOf: (members: Members): object => books.plan.rowOf(actor, book(members)),
      insert: (tx: Tx, rows: object[]) => books.plan.insertRows(tx, rows as never),
    },
  }
}

async function* bytesOf(file: string, onRead: (bytes: number) => void) {
  for await (const bytes of createReadStream(file)) {
    onRead(bytes.length)
    yield bytes as Uint8Array
  }
}
