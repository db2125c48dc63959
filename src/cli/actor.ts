import type { Actor } from '../base/actor.ts'
import type { Backend } from '../domain/backend.ts'
import { accountOf } from './account.ts'

/** The user as whom the operator acts. @throws Failure */
export async function actorOf({ accounts }: Backend, username: string): Promise<Actor> {
  const account = await accountOf(accounts, username)
  const origin = { ip: '', userAgent: undefined, requestId: 'cli' }
  return { ...account, sessionId: 'cli', origin }
}
