import type { FastifyReply, FastifyRequest } from 'fastify'
import { FLOW_LIFE } from '../../domain/providers/codes.ts'
import type { Config } from '../../config/schema.ts'
import { cookiePrefix, valueOf } from '../plugins/token-cookies.ts'

/** What binds a sign-in to the browser that began it: it is on its way in one cookie, and a new one takes the place of the last. */
export function signInCookie({ publicUrl }: Pick<Config, 'publicUrl'>) {
  const prefix = cookiePrefix({ publicUrl })
  const name = `${prefix}commonplace_sign_in`
  // Lax: the browser brings it when the provider sends it back to us.
  const attributes = { path: '/', httpOnly: true, secure: prefix !== '', sameSite: 'lax' } as const

  return {
    set(reply: FastifyReply, flow: string) {
      reply.setCookie(name, flow, { ...attributes, maxAge: FLOW_LIFE })
    },
    read: ({ headers }: FastifyRequest): string | undefined =>
      headers.cookie === undefined ? undefined : valueOf(headers.cookie, name),
    clear: (reply: FastifyReply) => reply.clearCookie(name, attributes),
  }
}
