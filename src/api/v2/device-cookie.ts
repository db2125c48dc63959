import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/schema.ts'
import { DEVICE_LIFE } from '../../domain/sessions/devices.ts'
import { cookiePrefix, valueOf } from '../plugins/token-cookies.ts'

// Strict: only a page of ours logs in with it.
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const

/**
 * What a login over https leaves in a browser, whichever way its tokens went: the next one from there does not wait for what strangers
 * do. It lets nobody in, so a logout leaves it.
 */
export function deviceCookie({ publicUrl }: Pick<Config, 'publicUrl'>) {
  const prefix = cookiePrefix({ publicUrl })
  const name = `${prefix}commonplace_device`
  const isKept = prefix !== ''

  return {
    set(reply: FastifyReply, mark: string) {
      if (isKept) reply.setCookie(name, mark, { ...ATTRIBUTES, maxAge: DEVICE_LIFE })
    },
    read: ({ headers: { cookie } }: FastifyRequest): string | undefined =>
      isKept && cookie !== undefined ? valueOf(cookie, name) : undefined,
  }
}
