import { ConfigError } from '../config/index.ts'
import { DatabaseTooNew } from '../db/migrate.ts'
import { IdsExhausted } from '../db/timeline.ts'
import { SecretsMissing } from '../domain/secret-check.ts'
import { Failure } from './failure.ts'

const EXPECTED = [Failure, ConfigError, SecretsMissing, DatabaseTooNew, IdsExhausted]
/** SQLite, the system (ENOENT), and PostgreSQL (SQLSTATE; classes 22, 23 and 42 are bugs). */
const OPERATIONAL = /^(SQLITE_(?!ERROR|MISUSE|CONSTRAINT)|E[A-Z]+$|(?!2[23]|42)[0-9A-Z]{5}$)/

/** What to print: a sentence when the operator can mend it, the stack when it is a bug. */
export function report(error: unknown): string {
  const sentence = explain(error)
  if (sentence !== undefined) return `error: ${sentence}`
  const root = rootOf(error)
  // Only the stack: the error of PostgreSQL also carries the row.
  return `This is a bug in Commonplace: ${root instanceof Error ? root.stack : String(root)}`
}

function explain(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (EXPECTED.some((expected) => error instanceof expected)) return error.message
  if (error.cause instanceof Error) return explain(error.cause)
  if ('statusCode' in error) return error.message
  if (!('code' in error) || typeof error.code !== 'string') return lost(error)
  if (error.code.startsWith('SQLITE_BUSY')) return 'Another process keeps the database busy.'
  if (!OPERATIONAL.test(error.code)) return undefined
  // A connection that every address refused has no message of its own.
  return error.message || `The database cannot be reached (${error.code}).`
}

/** What pg says without a code. */
function lost({ message }: Error) {
  return /^(Connection terminated|timeout exceeded when trying to connect)/.test(message)
    ? `The database does not answer: ${message}.`
    : undefined
}

/** What came first. drizzle wraps it in an error whose message lists the values of the statement, such as a hash. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error
}
