import type { Steps, Store, Tx } from '../../db/store.ts'
import { inTurns } from '../../db/sqlite/turns.ts'
import type { Actor } from '../../base/actor.ts'
import type { Change, Changes } from '../changes.ts'
import type { AnyCollection, Last } from '../resources/engine/collection.ts'
import type { Row } from '../resources/engine/statements.ts'
import { Overloaded, PayloadTooLarge } from '../../base/errors.ts'
import { ImportRejected, ImportRunning } from '../../base/write-errors.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import { createChecking } from './checking.ts'
import { type FileRow, UnreadableFile } from './file-row.ts'
import type { RowFault } from '../../base/row-fault.ts'
import { createFindings } from './findings.ts'
import { type CheckedRow, openSpool, type Spool } from './spool.ts'
import { createTaken, isTaken } from './unique.ts'

/** Rows of one file. */
const MOST_ROWS = 50_000
/** Imports that are received or written at the same time: each has up to 32 MiB on disk. */
const MOST_IMPORTS = 8
/** Rows that are in memory at once, when they are short. */
const BATCH = 200
/** So few rows are not in anybody's way. */
const SMALL = 50
/** How often rows are looked through again because somebody was quicker with what is unique. */
const TRIES = 3

/** Makes the input of a new record from the members of a row. @throws ValidationFailed */
export type ReadRow = (members: Record<string, unknown>) => object

export const tooManyRows = () =>
  Object.assign(new PayloadTooLarge(), { message: 'The file has more than 50,000 rows' })

export interface ImportOptions {
  /** `skip` writes the good rows of a file that has bad ones. `reject` unless given. */
  onError?: 'reject' | 'skip' | undefined
  /** Finds out what would happen. */
  dryRun?: boolean | undefined
}
export interface Imported {
  created: number
  rejected: number
  /** What is wrong with the rejected rows, the first 1,000 faults. */
  errors: RowFault[]
}
/** A file that has been read and checked, row by row. It must be closed. */
export interface ReceivedFile {
  /**
   * Writes its rows in one transaction, of which `last` is the last step but for the log of changes.
   * @throws ImportRejected, TokenRevoked when the session or the account ended meanwhile
   */
  write(options: ImportOptions, last?: Last<Imported>): Promise<Imported>
  close(): Promise<void>
}

export interface ImportDeps {
  store: Store
  changeLog: Changes
  signedIn: SignedIn
}

/** Files of new records: read and checked while they arrive, then written whole or not at all. */
export function createImports({ store, changeLog, signedIn }: ImportDeps) {
  const underway = new Set<number>()

  /** @throws ImportRunning, Overloaded */
  function enter(userId: number) {
    if (underway.has(userId)) throw new ImportRunning()
    if (underway.size >= MOST_IMPORTS) throw new Overloaded(5)
    underway.add(userId)
  }

  /**
   * Reads a file to its end.
   * @throws ImportRunning while the actor has another one, Overloaded while too many are underway, ImportRejected when it
   * cannot be read to its end, PayloadTooLarge when it has more than 50,000 rows
   */
  async function receive(
    actor: Actor,
    { plan, resource }: AnyCollection,
    rows: AsyncIterable<FileRow>,
    readRow: ReadRow,
  ): Promise<ReceivedFile> {
    enter(actor.id)
    const takenOf = createTaken(store, resource)
    let spool: Spool<Row> | undefined
    const close = async () => {
      underway.delete(actor.id)
      await spool?.close()
    }
    try {
      spool = await openSpool<Row>()
      const rowOf = (members: Record<string, unknown>) => plan.rowOf(actor, readRow(members))
      const { check, values } = createChecking(resource, rowOf)
      const { good, findings } = await checkInto(spool, rows, check)
      const { read } = spool
      const insert = (skipped: ReadonlyMap<number, RowFault>) =>
        function* (tx: Tx): Steps<Change[]> {
          const happened: Change[] = []
          for (const batch of read()) {
            const wanted = batch.filter(({ line }) => !skipped.has(line)).map(({ row }) => row)
            happened.push(...(yield* plan.insertRows(tx, wanted)))
          }
          return happened
        }
      const write: ReceivedFile['write'] = async ({ onError, dryRun }, last) => {
        for (let tries = 1; ; tries++) {
          const taken = await takenOf(actor.id, values)
          const result = { created: good - taken.size, ...findings.with([...taken.values()]) }
          if (result.rejected > 0 && onError !== 'skip') throw new ImportRejected(result)
          if (dryRun) return result
          const insertAll = insert(taken)
          try {
            return await transactionOf(good)(function* (tx) {
              const happened = yield* insertAll(tx)
              // A file takes a while: what is here when its session has ended is not written any more.
              yield* signedIn.check(tx, actor)
              if (last) yield* last(tx, result)
              yield* changeLog.record(tx, happened)
              return result
            })
          } catch (error) {
            if (!isTaken(resource, error) || tries === TRIES) throw error
          }
        }
      }
      return { write, close }
    } catch (error) {
      await close()
      throw error
    }
  }

  const transactionOf = (rows: number) => (rows > SMALL ? store.longTransaction : store.transaction)

  return { receive }
}
export type Imports = ReturnType<typeof createImports>

async function checkInto(
  spool: Spool<Row>,
  rows: AsyncIterable<FileRow>,
  check: ReturnType<typeof createChecking<Row>>['check'],
) {
  const findings = createFindings()
  const others = inTurns()
  let batch: Array<CheckedRow<Row>> = []
  let read = 0
  let good = 0
  try {
    for await (const row of rows) {
      if (++read > MOST_ROWS) throw tooManyRows()
      const checked = check(row)
      if (Array.isArray(checked)) findings.add(checked)
      else {
        good += 1
        batch.push(checked)
        if (batch.length === BATCH) {
          await spool.add(batch)
          batch = []
        }
      }
      await others()
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    findings.add(error.faults)
    throw new ImportRejected(findings.with())
  }
  await spool.add(batch)
  return { good, findings }
}
