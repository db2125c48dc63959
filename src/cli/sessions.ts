import type { Backend } from '../domain/backend.ts'

/** Accounts that one transaction logs out. */
const STEP = 500

/** Ends every session. @returns of how many accounts. */
export async function endAllSessions({ accounts, sessions, store }: Backend): Promise<number> {
  for (let count = 0; ;) {
    const { items } = await accounts.list({ limit: STEP, offset: count })
    await store.transaction(function* (tx) {
      for (const { id } of items) yield* sessions.endAll(tx, id)
    })
    count += items.length
    if (items.length < STEP) return count
  }
}
