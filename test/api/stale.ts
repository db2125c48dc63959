import type { Role } from '../../src/base/actor.ts'
import type { Started } from '../helper.ts'
import type { Client } from './refusals.ts'

/** A user whose login is more than 15 minutes ago; they have refreshed since. */
export async function stale({ as, clock, request }: Started, username: string, role: Role) {
  const owner = await as(username, role)
  clock.advance(15 * 60 + 1)
  const headers = { authorization: `Bearer ${owner.refreshToken}` }
  const { body } = await request('POST', '/api/v1/refresh', { headers })
  const send: Client['send'] = (method, url, sent, more) =>
    request(method, url, {
      ...more,
      ...(sent !== undefined && { body: sent }),
      headers: { authorization: `Bearer ${body.access_token}` },
    })
  const post: Client['post'] = (url, sent, more) => send('POST', url, sent, more)
  return { ...owner, accessToken: String(body.access_token), send, post }
}
