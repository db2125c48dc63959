import { createReadStream } from 'node:fs'
import { checkOf } from '../api/plugins/validation.ts'
import type { Foreigner } from '../domain/accounts/adoption.ts'
import type { Backend } from '../domain/backend.ts'
import { EmailTaken, UsernameTaken, ValidationFailed } from '../base/errors.ts'
import { createChecking } from '../domain/transfer/checking.ts'
import type { Columns } from '../domain/transfer/columns.ts'
import { UnreadableFile } from '../domain/transfer/file-row.ts'
import type { RowFault } from '../base/row-fault.ts'
import type { CheckedRow } from '../domain/transfer/spool.ts'
import { type Format, readRows } from '../domain/transfer/records.ts'
import { Type } from '../base/schema.ts'
import { formatOf, sizeOf } from './file-format.ts'
import { refusalOf } from './import-file.ts'
import { patiently } from './patience.ts'
import { showProgress } from './progress.ts'

interface Wanted {
  file: string
  format?: Format
  onError: 'reject' | 'skip'
  dryRun?: boolean
}

/** Accounts of one transaction: few enough for a server on the same database to wait for. */
const BATCH = 500

const COLUMNS = {
  members: {
    username: { kind: 'text', required: true },
    email: { kind: 'text' },
    email_verified: { kind: 'flag' },
    phone: { kind: 'text' },
    password_hash: { kind: 'text' },
    role: { kind: 'text' },
    status: { kind: 'text' },
    created_at: { kind: 'text' },
  },
  ignored: ['id'],
} satisfies Columns

const text = () => Type.Unsafe<string | null>({ type: ['string', 'null'] })
const Member = Type.Object(
  {
    id: Type.Optional(Type.Unsafe<unknown>({})),
    username: Type.String(),
    email: Type.Optional(text()),
    email_verified: Type.Optional(Type.Unsafe<boolean | null>({ type: ['boolean', 'null'] })),
    phone: Type.Optional(text()),
    password_hash: Type.Optional(text()),
    role: Type.Optional(Type.Enum(['user', 'moderator', 'admin'])),
    status: Type.Optional(Type.Enum(['active', 'suspended'])),
    created_at: Type.Optional(Type.String({ format: 'date-time' })),
  },
  { additionalProperties: false },
)

type Row = ReturnType<Backend['adoption']['rowOf']>
interface Batch {
  good: Array<CheckedRow<Row>>
  bad: RowFault[][]
}

/** Makes accounts of the rows of a file. @returns what to print. @throws Failure when rows are bad and shall not be skipped */
export async function importUsers(backend: Backend, wanted: Wanted): Promise<string> {
  const { file, onError, dryRun = false } = wanted
  const format = formatOf(file, wanted.format)
  const bar = showProgress((dryRun ? 1 : 2) * sizeOf(file), '[{bar}] {percentage}%')
  const read = () => batchesOf(backend, file, format, (bytes) => bar.step(bytes))
  const done = { created: 0, rejected: 0 }
  try {
    const faults: RowFault[] = []
    for await (const { good, bad } of read()) {
      done.created += good.length
      done.rejected += bad.length
      faults.push(...bad.flat().slice(0, Math.max(0, 1000 - faults.length)))
    }
    if (done.rejected > 0 && onError === 'reject') {
      // What is taken is found behind what is wrong by itself.
      const inOrder = faults.toSorted((a, b) => a.line - b.line)
      throw refusalOf(file, done.rejected, inOrder)
    }
    if (dryRun) return `${file} can be imported: ${say(done)}. Nothing was written.`

    Object.assign(done, { created: 0, rejected: 0 })
    for await (const { good, bad } of read()) {
      const { insertRows } = backend.adoption
      const rows = good.map(({ row }) => row)
      await patiently(() => backend.store.transaction((tx) => insertRows(tx, rows)))
      done.created += good.length
      done.rejected += bad.length
    }
    return `Imported ${file}: ${say(done)}.`
  } catch (error) {
    if (error instanceof UnreadableFile) throw refusalOf(file, 1, error.faults)
    throw error
  } finally {
    bar.stop()
  }
}

const say = ({ created, rejected }: { created: number; rejected: number }) =>
  `${created} ${created === 1 ? 'account' : 'accounts'} created${rejected > 0 ? `, ${rejected} passed over` : ''}`

/** The rows of the file, each checked by itself, against those before it and against the accounts that there are. */
async function* batchesOf(
  backend: Backend,
  file: string,
  format: Format,
  onRead: (bytes: number) => void,
): AsyncGenerator<Batch> {
  const { check } = createChecking({}, reader(backend))
  /** Where each name and address stands first. */
  const lines = new Map<string, number>()
  let batch: Batch = { good: [], bad: [] }
  const settled = async () => {
    const rows = batch.good.map(({ row }) => row)
    const taken = await backend.adoption.taken(rows)
    const [bad, good] = [[...batch.bad], [] as Batch['good']]
    for (const one of batch.good) {
      const fault = takenFault(one, taken)
      if (fault) bad.push([fault])
      else good.push(one)
    }
    batch = { good: [], bad: [] }
    return { good, bad }
  }
  for await (const row of readRows(bytesOf(file, onRead), format, COLUMNS)) {
    const checked = check(row)
    const twice = Array.isArray(checked) ? undefined : twiceFault(checked, lines)
    if (Array.isArray(checked)) batch.bad.push(checked)
    else if (twice) batch.bad.push([twice])
    else batch.good.push(checked)
    if (batch.good.length + batch.bad.length >= BATCH) yield await settled()
  }
  yield await settled()
}

function reader({ adoption }: Backend) {
  const check = checkOf(Member)
  return (members: Record<string, unknown>): Row => {
    const violations = check(members)
    if (violations.length > 0) throw new ValidationFailed([...violations])
    // The cast: the schema has just said so.
    const { created_at: created, ...rest } = members as Omit<Foreigner, 'created_at'> & {
      created_at?: string
    }
    return adoption.rowOf({ ...rest, created_at: created ? new Date(created) : undefined })
  }
}

function takenFault({ line, row }: CheckedRow<Row>, taken: Set<string>): RowFault | undefined {
  if (taken.has(row.usernameKey))
    return { line, code: 'duplicate', detail: new UsernameTaken().message }
  if (row.emailKey !== null && taken.has(row.emailKey))
    return { line, code: 'duplicate', detail: new EmailTaken().message }
  return undefined
}

function twiceFault({ line, row }: CheckedRow<Row>, lines: Map<string, number>) {
  for (const key of [row.usernameKey, row.emailKey]) {
    const before = key === null ? undefined : lines.get(key)
    if (before !== undefined) {
      const what = key === row.usernameKey ? 'username' : 'email'
      return {
        line,
        code: 'duplicate',
        detail: `The row in line ${before} has the same ${what}`,
      } as const
    }
  }
  for (const key of [row.usernameKey, row.emailKey]) if (key !== null) lines.set(key, line)
  return undefined
}

async function* bytesOf(file: string, onRead: (bytes: number) => void) {
  for await (const bytes of createReadStream(file)) {
    onRead(bytes.length)
    yield bytes as Uint8Array
  }
}
