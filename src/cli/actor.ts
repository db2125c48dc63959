import type { Actor } from '../domain/actor.ts'
import type { Backend } from '../domain/backend.ts'
import { NotFound } from '../domain/errors.ts'
import { Failure } from './failure.ts'

/** The user as whom the operator acts. @throws Failure */
export async function actorOf({ accounts }: Backend, username: string): Promise<Actor> {
  const account = await accounts.findByName(username).catch((error: unknown) => {
    throw error instanceof NotFound ? new Failure(`There is no user ${username}.`) : error
  })
  const origin = { ip: '', userAgent: undefined, requestId: 'cli' }
  return { ...account, sessionId: 'cli', origin }
}
