import type { Role } from '../../base/actor.ts'
import type { PgTable } from 'drizzle-orm/pg-core'
import { sql } from '../drizzle.ts'
import { credentialTables } from './credential-tables.ts'
import { journalTables } from './journal-tables.ts'
import type { Kit } from './column-kit.ts'

export type Status = 'active' | 'suspended'
export type TokenType = 'access' | 'refresh'
export type Outcome = 'success' | 'failure' | 'denied'

/** A column with the owner of a record, who takes it along when their account goes. */
export type OwnerColumn = ReturnType<ReturnType<Kit['integer']>['notNull']>
/** Makes the tables of what users own, which are declared above this floor. */
export type OwnedTables = (kit: Kit, ownerId: () => OwnerColumn) => Record<string, PgTable>
/** Those tables, for the compiler: whoever declares them adds them here. */
export interface DeclaredTables {}

/** Every table, once, for both engines. */
export function tables(kit: Kit, owned: OwnedTables) {
  const { ownerId, ...system } = systemTables(kit)
  // The cast: what the declarations make is what they have told the compiler.
  return { ...system, ...owned(kit, ownerId) } as Omit<typeof system, never> & DeclaredTables
}

function systemTables(kit: Kit) {
  const users = kit.table(
    'users',
    {
      id: kit.id(),
      username: kit.text('username').notNull(),
      searchText: kit.text('search_text').notNull().default(''),
      usernameKey: kit.text('username_key').notNull(),
      /** What names have in common that look alike (UTS 39). Accounts from before it was kept may share one. */
      usernameSkeleton: kit.text('username_skeleton').notNull().default(''),
      email: kit.text('email'),
      emailKey: kit.text('email_key'),
      /** An address that its owner has not confirmed: it is shown to the account alone, and it is nobody's yet. */
      pendingEmail: kit.text('pending_email'),
      /** When its owner confirmed `email`. One that nobody has confirmed gives way to whoever does. */
      emailVerifiedAt: kit.moment('email_verified_at'),
      /** The one of the two addresses that the mail server refused for good, with its words. */
      undeliverableEmail: kit.text('undeliverable_email'),
      undeliverableReply: kit.text('undeliverable_reply'),
      undeliverableAt: kit.moment('undeliverable_at'),
      phone: kit.text('phone'),
      passwordHash: kit.text('password_hash').notNull(),
      /** The id of the secret that keyed the password's pre-hash, so that an absent one is found at start. */
      passwordSecret: kit.text('password_secret').notNull(),
      /** Whether its owner knows the password: an account that came from a provider has one that nobody knows. */
      passwordSet: kit.flag('password_set').notNull().default(true),
      /** Whether somebody else chose it: then nothing can be done with it but to choose another. */
      passwordMustChange: kit.flag('password_must_change').notNull().default(false),
      /** Whether the account waits for its address to be confirmed: only some domains may register, and a name is soon typed. */
      emailMustConfirm: kit.flag('email_must_confirm').notNull().default(false),
      role: kit.text('role').$type<Role>().notNull(),
      status: kit.text('status').$type<Status>().notNull(),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.moment('created_at').notNull(),
      updatedAt: kit.moment('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('users_username_key').on(t.usernameKey),
      kit.uniqueIndex('users_email_key').on(t.emailKey),
      kit.index('users_username_skeleton').on(t.usernameSkeleton),
      kit.index('users_password_secret').on(t.passwordSecret),
      // Those whose hash another program made: none, in most databases.
      kit
        .index('users_foreign')
        .on(t.id)
        .where(sql`password_hash like '$foreign-%'`),
      kit.index('users_created_at').on(t.createdAt, t.id),
      kit.index('users_role').on(t.role, t.id),
      kit.index('users_status').on(t.status, t.id),
    ],
  )
  const userId = (name: string) =>
    kit.integer(name).references(() => users.id, { onDelete: 'cascade' })
  const ownerId = () => userId('user_id').notNull()

  const sessions = kit.table(
    'sessions',
    {
      id: kit.text('id').primaryKey(),
      userId: ownerId(),
      /** How the session began: v1 keeps its refresh token, v2 rotates it. */
      rotating: kit.flag('rotating').notNull(),
      createdAt: kit.moment('created_at').notNull(),
      authenticatedAt: kit.moment('authenticated_at').notNull(),
      lastUsedAt: kit.moment('last_used_at').notNull(),
      /** The absolute end; refreshing does not move it. */
      expiresAt: kit.moment('expires_at').notNull(),
      endedAt: kit.moment('ended_at'),
      ip: kit.text('ip').notNull(),
      userAgent: kit.text('user_agent'),
    },
    (t) => [
      kit.index('sessions_user_id').on(t.userId),
      // Without the table's name, which SQLite could not follow when the table is renamed.
      kit
        .index('sessions_open')
        .on(t.userId)
        .where(sql`ended_at is null`),
      kit.index('sessions_expires_at').on(t.expiresAt),
    ],
  )
  const refreshTokens = kit.table(
    'refresh_tokens',
    {
      jti: kit.text('jti').primaryKey(),
      sessionId: kit
        .text('session_id')
        .notNull()
        .references(() => sessions.id, { onDelete: 'cascade' }),
      createdAt: kit.moment('created_at').notNull(),
      expiresAt: kit.moment('expires_at').notNull(),
      /** When it was rotated: from then on it is spent. */
      usedAt: kit.moment('used_at'),
      /** The claims of the pair that it was rotated for, in JSON: what was signed once can be signed again, byte for byte. */
      successor: kit.text('successor'),
    },
    (t) => [
      kit.index('refresh_tokens_session_id').on(t.sessionId),
      kit.index('refresh_tokens_expires_at').on(t.expiresAt),
    ],
  )
  const tokenBlacklist = kit.table(
    'token_blacklist',
    {
      jti: kit.text('jti').primaryKey(),
      tokenType: kit.text('token_type').$type<TokenType>().notNull(),
      userId: ownerId(),
      expiresAt: kit.moment('expires_at').notNull(),
      revokedAt: kit.moment('revoked_at').notNull(),
      reason: kit.text('reason').notNull(),
    },
    (t) => [
      kit.index('token_blacklist_user_id').on(t.userId),
      kit.index('token_blacklist_expires_at').on(t.expiresAt),
    ],
  )
  const signingKeys = kit.table('signing_keys', {
    kid: kit.text('kid').primaryKey(),
    /** SubjectPublicKeyInfo in PEM. */
    publicKey: kit.text('public_key').notNull(),
    /** PKCS #8 in PEM, sealed. */
    privateKey: kit.text('private_key').notNull(),
    /** The id of the secret that sealed the private part. */
    secretId: kit.text('secret_id').notNull(),
    createdAt: kit.moment('created_at').notNull(),
    activatesAt: kit.moment('activates_at').notNull(),
    /** From here on no token that it signed can be alive. */
    retiresAt: kit.moment('retires_at'),
  })
  const loginFailures = kit.table(
    'login_failures',
    {
      /**
       * A digest of the account, or of the account and the address: what people type is not kept. One of a mail or of a code is there
       * when it was sent or spent, without a failure.
       */
      key: kit.text('key').primaryKey(),
      failures: kit.integer('failures').notNull(),
      notBefore: kit.moment('not_before').notNull(),
      lastFailureAt: kit.moment('last_failure_at').notNull(),
    },
    (t) => [kit.index('login_failures_last_failure_at').on(t.lastFailureAt)],
  )
  /** Which version of the derived columns (fold keys, search texts) the rows of a table have. */
  const derivations = kit.table('derivations', {
    name: kit.text('name').primaryKey(),
    version: kit.integer('version').notNull(),
  })
  const leases = kit.table('leases', {
    name: kit.text('name').primaryKey(),
    holder: kit.text('holder').notNull(),
    until: kit.moment('until').notNull(),
  })
  /** No foreign key: deleting an account keeps what happened and when. */
  const auditEvents = kit.table(
    'audit_events',
    {
      id: kit.id(),
      at: kit.moment('at').notNull(),
      action: kit.text('action').notNull(),
      outcome: kit.text('outcome').$type<Outcome>().notNull(),
      actorId: kit.integer('actor_id'),
      targetType: kit.text('target_type'),
      targetId: kit.text('target_id'),
      ip: kit.text('ip'),
      userAgent: kit.text('user_agent'),
      requestId: kit.text('request_id'),
      /** One of many failures in a short time, from the same address or at the same target. */
      burst: kit.flag('burst').notNull().default(false),
      /** A login from a device or an address that the account had not been used from. */
      unfamiliar: kit.flag('unfamiliar').notNull().default(false),
      /** What followed from it, in a few words that identify nobody: it stays when the account goes. */
      detail: kit.text('detail'),
    },
    (t) => [
      kit.index('audit_events_actor_id').on(t.actorId, t.id),
      kit.index('audit_events_target').on(t.targetType, t.targetId, t.id),
      kit.index('audit_events_at').on(t.at, t.id),
      kit.index('audit_events_action').on(t.action, t.id),
      kit.index('audit_events_ip').on(t.ip, t.at),
      kit.index('audit_events_outcome').on(t.outcome, t.id),
    ],
  )

  return {
    ownerId,
    users,
    sessions,
    refreshTokens,
    tokenBlacklist,
    signingKeys,
    loginFailures,
    leases,
    derivations,
    auditEvents,
    ...journalTables(kit, ownerId),
    ...credentialTables(kit, ownerId, userId),
  }
}
export type Tables = ReturnType<typeof tables>
