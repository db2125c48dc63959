import type { FastifyError } from 'fastify'
import { reason } from '../reason.ts'

export const V1_ERROR_TYPE = 'application/json; charset=utf-8'

/** v1 knows fewer statuses: what is unacceptable in any way is a 400 there (wire.md, "v1: the plain contract"). */
const PLAIN: Record<number, number> = { 408: 400, 409: 400, 415: 400, 422: 400 }

export function v1Status(status: number): number {
  return PLAIN[status] ?? status
}

/** `{ "error": "<reason phrase>", "message": "<what and why>" }`. */
export function renderV1(error: FastifyError, status: number): string {
  return JSON.stringify({ error: reason(status), message: error.message })
}
