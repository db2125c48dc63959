import { createReadStream } from 'node:fs'
import { rowReaderOf } from '../api/v2/imports.ts'
import type { Steps, Tx } from '../db/store.ts'
import type { Actor } from '../base/actor.ts'
import type { Backend } from '../domain/backend.ts'
import type { Change } from '../domain/changes.ts'
import type { Row } from '../domain/resources/engine/statements.ts'
import { importColumnsOf } from '../domain/resources/engine/wire.ts'
import type { AnyResource } from '../domain/resources/resource.ts'
import { createChecking } from '../domain/transfer/checking.ts'
import type { RowFault } from '../base/row-fault.ts'
import { type Format, readRows } from '../domain/transfer/records.ts'
import type { CheckedRow } from '../domain/transfer/spool.ts'
import { uniqueValueOf } from '../domain/transfer/unique.ts'

/** Rows of one transaction: few enough for a server on the same database to wait for. */
const BATCH = 1000

export interface Reading {
  backend: Backend
  actor: Actor
  resource: AnyResource
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
  good: Array<CheckedRow<Row>>
  /** Of each bad row, what is wrong with it. */
  bad: RowFault[][]
}

/** The rows of a file behind those that are done with, checked by their own rules, against each other and against the owner's records. */
export async function* readBatches(reading: Reading): AsyncGenerator<Batch> {
  const { actor, resource, file, format, done, onRead } = reading
  const { plan } = collectionOf(reading)
  const readRow = rowReaderOf(resource)
  const columns = importColumnsOf(resource)
  const { check } = createChecking(resource, (members) => plan.rowOf(actor, readRow(members)))
  let batch: Batch = { rows: 0, good: [], bad: [] }
  for await (const row of readRows(bytesOf(file, onRead), format, columns)) {
    const checked = check(row)
    batch.rows += 1
    // What is done with is read for its unique values alone.
    if (batch.rows <= done) continue
    if (Array.isArray(checked)) batch.bad.push(checked)
    else batch.good.push(checked)
    if (batch.good.length + batch.bad.length < BATCH) continue
    yield await withoutTaken(reading, batch)
    batch = { rows: batch.rows, good: [], bad: [] }
  }
  if (batch.good.length + batch.bad.length > 0) yield await withoutTaken(reading, batch)
}

/** The same batch, in which rows with a value that must be unique and that the owner has by now are bad ones. */
export async function withoutTaken(
  { backend, actor, resource }: Reading,
  batch: Batch,
): Promise<Batch> {
  const valueOf = uniqueValueOf(resource)
  const lines = new Map<string, number>()
  for (const { line, row } of batch.good) {
    const value = valueOf(row)
    if (value !== undefined) lines.set(value, line)
  }
  const taken = await backend.batches.taken(resource)(actor.id, lines)
  return {
    rows: batch.rows,
    good: batch.good.filter(({ line }) => !taken.has(line)),
    bad: [...batch.bad, ...[...taken.values()].map((fault) => [fault])],
  }
}

/** The steps that insert the good rows of a batch. */
export const insertOf =
  (reading: Reading, { good }: Batch) =>
  (tx: Tx): Steps<Change[]> =>
    collectionOf(reading).plan.insertRows(
      tx,
      good.map(({ row }) => row),
    )

const collectionOf = ({ backend, resource }: Reading) => backend.collections.get(resource.table)!

async function* bytesOf(file: string, onRead: (bytes: number) => void) {
  for await (const bytes of createReadStream(file)) {
    onRead(bytes.length)
    yield bytes as Uint8Array
  }
}
