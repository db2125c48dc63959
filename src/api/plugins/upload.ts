import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { PayloadTooLarge, RequestTimeout } from '../../base/errors.ts'

/** Bodies that are read as they arrive, and may take their time as long as they do not stop. */

const MIB = 1024 * 1024
const UPLOADS = Symbol('uploads')
type UploadSocket = Socket & { [UPLOADS]?: boolean }

export interface UploadLimits {
  /** The most bytes. */
  bytes: number
  /** Milliseconds without a byte. */
  idle: number
}

/** Whether Node wants to cut a request whose body has a deadline of its own. */
export const isUpload = (error: { code?: string }, socket: UploadSocket): boolean =>
  error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket[UPLOADS] === true

/**
 * The bytes of a body. The time that whoever reads them takes for a piece does not count.
 * @throws PayloadTooLarge, RequestTimeout
 */
export async function* arriving(
  { raw, headers }: Pick<FastifyRequest, 'raw' | 'headers'>,
  body: Readable,
  { bytes: limit, idle }: UploadLimits,
): AsyncGenerator<Uint8Array> {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  const socket: UploadSocket = raw.socket
  socket[UPLOADS] = true
  // A body that is refused half way must not take the connection with it: the refusal has to get through.
  const pieces = body.iterator({ destroyOnReturn: false })
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await inTime(pieces.next(), idle)
      if (done) return
      bytes += value.length
      if (bytes > limit) throw tooLarge(limit)
      yield value
    }
  } finally {
    socket[UPLOADS] = false
  }
}

const tooLarge = (limit: number) =>
  Object.assign(new PayloadTooLarge(), {
    message: `The body is larger than ${limit / MIB} MiB`,
  })

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RequestTimeout()), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
