import { STATUS_CODES } from 'node:http'
import type { Test } from 'tap'
import type { Started } from '../../helper.ts'
import { outsiders } from '../outsiders.ts'
import { refuser, said } from '../refusals.ts'

/** v1 knows fewer statuses (wire.md, "v1: the plain contract"). */
const PLAIN: Record<number, number> = { 408: 400, 409: 400, 415: 400, 422: 400 }

const status = (one: { status: number }) => PLAIN[one.status] ?? one.status

export const refuses = refuser({
  base: '/api/v1',
  status,
  contentType: /^application\/json; charset=utf-8$/,
  body: (refusal, { body }) => ({
    error: STATUS_CODES[status(refusal)],
    message: said(refusal.message, body?.message),
  }),
})

/** Refuses a request without a valid token, of every kind. The calls come without a body: who calls is asked first. */
export async function refusesOutsiders(t: Test, started: Started, calls: string[]) {
  for (const refusal of await outsiders(started))
    await refuses(
      t,
      started,
      undefined,
      calls.map((call) => ({ call, ...refusal })),
    )
}
