import { Readable } from 'node:stream'
import type { Started } from '../helper.ts'
import { bearer } from './v1/forge.ts'

/** A request with a body, by whoever has the token. */
export type Act = [method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body: object]

/**
 * Sends a request whose token has been checked, and whose body lacks its end.
 * @returns how to send that, which gives the status of the reply
 */
export async function heldBack({ app }: Started, token: string, [method, url, body]: Act) {
  const text = JSON.stringify(body)
  let letIn = () => {}
  const wasLetIn = new Promise<void>((resolve) => (letIn = resolve))
  // The body is read behind the check of the token.
  const payload = new Readable({ read: () => letIn() })
  payload.push(text.slice(0, -1))
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const headers = {
    ...bearer(token).headers,
    'content-type': type,
    'transfer-encoding': 'chunked',
  }
  const reply = app.inject({ method, url, headers, payload }).then(({ statusCode }) => statusCode)
  await wasLetIn
  return () => {
    payload.push(text.slice(-1))
    // The end of the stream.
    payload.push(null)
    return reply
  }
}
