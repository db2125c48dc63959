import type { RouteOptions } from 'fastify'
import type { Access } from '../../plugins/access.ts'
import { Type } from '../../../base/schema.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { reason } from '../../reason.ts'

export const ErrorBody = Component(
  'Error',
  Type.Object({
    error: Type.String({ description: 'The reason phrase of the status.' }),
    message: Type.String({ description: 'What is wrong, and why.' }),
  }),
  {
    description: 'The one shape of every refusal.',
    examples: [{ error: 'Not Found', message: 'Post not found' }],
  },
)

/** What a status means wherever it comes, and a message that comes with it. */
const meanings = {
  400: ['The request is malformed or not acceptable.', 'Request must be JSON'],
  401: ['A valid token is missing.', 'Missing token'],
  403: ['The API key lacks the scope that it needs.', 'The API key lacks the scope todos:write'],
  413: ['The body is larger than 256 KiB.', 'The body is larger than this path accepts'],
  414: [
    'A part of the path is longer than 100 characters.',
    'A part of the path is longer than 100 characters',
  ],
  429: [
    'Too many requests or failed attempts: wait as `Retry-After` says.',
    'Too many requests, try again later',
  ],
  431: [
    'The request line and headers are larger than 16 KiB.',
    'The request line and headers are larger than 16 KiB',
  ],
  500: ['The server failed.', 'Something went wrong on our end'],
  503: ['The server is busy: wait as `Retry-After` says.', 'The server is busy, try again later'],
  507: ['The server has no room to store this.', 'The server has no room to store this'],
} as const

type Common = keyof typeof meanings

/** To the compiler the body is `never`: a handler throws its refusals, it cannot return one. */
const body = Type.Unsafe<never>(Ref(ErrorBody))

/** A refusal in the words of its operation. */
export function refusal<S extends number>(status: S, message: string, description: string) {
  const media = { schema: body, example: example(status, message) }
  // A computed key widens to a string index, which would hide the status from the compiler.
  return { [status]: { description, content: { 'application/json': media } } } as Refusal<S>
}

type Refusal<S extends number> = Record<
  S,
  { content: { 'application/json': { schema: typeof body } } }
>

/** The refusals that a route has because of what it is, whatever it does. The document holds them once, by name. */
export function commonRefusals({ method, url, config }: RouteOptions) {
  const statuses: Common[] = [400, 429, 431, 500, 503]
  if (config?.access !== 'public') statuses.push(401)
  if (takesKey(config?.access)) statuses.push(403)
  if (url.includes('/:')) statuses.push(414)
  if (method !== 'GET') statuses.push(413, 507)
  return Object.fromEntries(
    statuses.map((status) => {
      const [description, message] = meanings[status]
      const name = phrase(status).replaceAll(/\W/g, '')
      const media = { 'x-component': name, schema: body, example: example(status, message) }
      return [status, { description, content: { 'application/json': media } }]
    }),
  )
}

/** Where an access token is taken, a key is looked at. */
const takesKey = (access: Access = 'user') => access === 'user' || access === 'optional'

const example = (status: number, message: string) => ({ error: phrase(status), message })
const phrase = (status: number) => reason(status)
