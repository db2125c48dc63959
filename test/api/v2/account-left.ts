import { eq } from '../../../src/db/drizzle.ts'
import type { Scene } from './intruder.ts'

/** What of the account could let somebody in, or stand in for its owner. */
export async function left({ backend: { store }, id }: Pick<Scene, 'backend' | 'id'>) {
  const { users, sessions, apiKeys, identities, singleUseTokens, totpFactors, invitations } =
    store.tables
  const of = async (table: typeof apiKeys | typeof identities | typeof singleUseTokens) =>
    (
      await store.query((q) =>
        q.select({ userId: table.userId }).from(table).where(eq(table.userId, id)),
      )
    ).length
  const open = await store.query((q) => q.select().from(sessions).where(eq(sessions.userId, id)))
  const factors = await store.query((q) => q.select().from(totpFactors))
  const invited = await store.query((q) => q.select().from(invitations))
  const [user] = await store.query((q) => q.select().from(users).where(eq(users.id, id)))
  return {
    sessions: open.filter(({ endedAt }) => endedAt === null).length,
    keys: await of(apiKeys),
    identities: await of(identities),
    tokens: await of(singleUseTokens),
    offers: factors.filter(({ confirmedAt }) => confirmedAt === null).length,
    invitations: invited.filter(({ createdBy }) => createdBy === id).length,
    pending: user?.pendingEmail,
  }
}
export const NOTHING = {
  sessions: 0,
  keys: 0,
  identities: 0,
  tokens: 0,
  offers: 0,
  invitations: 0,
  pending: null,
}
