import type { IncomingHttpHeaders } from 'node:http'
import type { Ids } from '../../base/ids.ts'

const CALLERS = /^[A-Za-z0-9_-]{1,64}$/

/**
 * The caller's X-Request-Id when it is a sound one, else a new one: a random part for the process and a counter, because a UUID
 * for each request costs more than the rest of a small route's own work together.
 */
export function requestIds(ids: Ids): (request: { headers: IncomingHttpHeaders }) => string {
  const prefix = ids.bytes(9).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    if (typeof given === 'string' && CALLERS.test(given)) return given
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}
