import { createError, type FastifyError } from '@fastify/error'
import type { RowFault } from './row-fault.ts'

/** The part of the catalogue (errors.ts) about writes that are repeated, that come many at once, or in files. */

export const IdempotencyKeyInUse = createError<'IDEMPOTENCY_KEY_IN_USE', 409, []>(
  'IDEMPOTENCY_KEY_IN_USE',
  'A request with this Idempotency-Key is still running',
  409,
)
export const IdempotencyKeyReused = createError<'IDEMPOTENCY_KEY_REUSED', 422, []>(
  'IDEMPOTENCY_KEY_REUSED',
  'This Idempotency-Key came with another body before',
  422,
)

const RolledBackError = createError<'BULK_ROLLED_BACK', number, []>(
  'BULK_ROLLED_BACK',
  'One operation failed, so none was done',
  422,
)
/** An atomic bulk was undone because the operation at `index` failed. The status is that of its failure. */
export class BulkRolledBack extends RolledBackError {
  readonly index: number
  readonly failure: FastifyError
  constructor(index: number, failure: FastifyError) {
    super()
    this.index = index
    this.failure = failure
    this.statusCode = failure.statusCode ?? 422
  }
}

const RejectedError = createError<'IMPORT_REJECTED', 422, []>(
  'IMPORT_REJECTED',
  'The file has rows that cannot be imported, so none was',
  422,
)
/** A file has bad rows: how many, and what is wrong with them, the first 1,000 faults. */
export class ImportRejected extends RejectedError {
  readonly rejected: number
  readonly errors: readonly RowFault[]
  constructor({ rejected, errors }: { rejected: number; errors: readonly RowFault[] }) {
    super()
    this.rejected = rejected
    this.errors = errors
  }
}
export const ImportRunning = createError<'IMPORT_RUNNING', 409, []>(
  'IMPORT_RUNNING',
  'Another import of yours is still running',
  409,
)
