import { STATUS_CODES } from 'node:http'
import type { Reply } from '../../helper.ts'
import { type Refusal, refuser, said, type Violation } from '../refusals.ts'

/** Problem details (RFC 9457), as wire.md has them. */
export const refuses = refuser({
  base: '/api/v2',
  status: ({ status }) => status,
  contentType: /^application\/problem\+json; charset=utf-8$/,
  body: ({ status, code = '', message, errors }, reply, instance) => ({
    type: `/problems/${code.replaceAll('_', '-')}`,
    title: STATUS_CODES[status],
    status,
    detail: said(message, reply.body?.detail),
    // A percent sign that begins no code is one itself in a URI reference.
    instance: instance.replaceAll(/%(?![0-9A-F]{2})/g, '%25'),
    code,
    request_id: reply.headers['x-request-id'],
    ...(code === 'validation_failed' && { errors: errors ?? consistent(reply) }),
  }),
})

/** Where a row leaves open what is wrong with the input: the list says the same as the detail, at one place each. */
function consistent({ body }: Reply): Violation[] | string {
  const errors: Violation[] = body?.errors ?? []
  const isSame = errors.map(({ detail }) => detail).join('; ') === body?.detail
  const isPlaced = errors.every(
    ({ pointer, parameter }) => (pointer === undefined) !== (parameter === undefined),
  )
  return isSame && isPlaced ? errors : 'the list of what the detail says'
}

/** Refusals that come in many places. */
export const NOT_ADMIN = {
  status: 403,
  code: 'insufficient_role',
  message: 'Your role does not allow this',
} satisfies Partial<Refusal>
export const NO_USER = {
  status: 404,
  code: 'not_found',
  message: 'User not found',
} satisfies Partial<Refusal>
export const STALE = {
  status: 412,
  code: 'precondition_failed',
  message: 'The record has changed since you read it',
} satisfies Partial<Refusal>
export const NOT_FRESH = {
  status: 403,
  code: 'fresh_login_required',
  message: 'Confirm who you are first: your last login is more than 15 minutes ago',
} satisfies Partial<Refusal>
