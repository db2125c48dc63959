// What drizzle-kit reads to generate migrations/postgres.
import { pgKit } from './column-kit.ts'
import { tables } from './tables.ts'

export const {
  users,
  sessions,
  refreshTokens,
  tokenBlacklist,
  signingKeys,
  loginFailures,
  leases,
  derivations,
  auditEvents,
  posts,
  todos,
  books,
  changes,
  idempotencyKeys,
  imports,
  invitations,
  timelines,
  mails,
  singleUseTokens,
  totpFactors,
  recoveryCodes,
  apiKeys,
  identities,
  familiarOrigins,
} = tables(pgKit)
