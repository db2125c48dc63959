import type { Role } from '../../base/actor.ts'
import type { Kit } from './column-kit.ts'

type Reference = ReturnType<Kit['integer']>
type Owner = ReturnType<Reference['notNull']>

/** By what, beside a password, people show who they are, and what is sent to them for it. */
export function credentialTables(
  kit: Kit,
  ownerId: () => Owner,
  userId: (name: string) => Reference,
) {
  /** Mails that wait to be handed over. A row goes when the mail has gone. */
  const mails = kit.table(
    'mails',
    {
      id: kit.longId(),
      /** The mail, sealed: it may hold a token. */
      sealed: kit.text('sealed').notNull(),
      attempts: kit.integer('attempts').notNull().default(0),
      nextAttemptAt: kit.moment('next_attempt_at').notNull(),
      createdAt: kit.moment('created_at').notNull(),
    },
    (t) => [kit.index('mails_next_attempt_at').on(t.nextAttemptAt, t.id)],
  )
  /** Tokens that are good once: of links in mails, and of exports. */
  const singleUseTokens = kit.table(
    'single_use_tokens',
    {
      /** The token itself is nowhere. */
      digest: kit.text('digest').primaryKey(),
      purpose: kit.text('purpose').notNull(),
      userId: ownerId(),
      /** What it is for, such as the address that it confirms. */
      data: kit.text('data'),
      createdAt: kit.moment('created_at').notNull(),
      expiresAt: kit.moment('expires_at').notNull(),
    },
    (t) => [
      kit.index('single_use_tokens_user_id').on(t.userId, t.purpose),
      kit.index('single_use_tokens_expires_at').on(t.expiresAt),
    ],
  )
  /** The second factor of an account (RFC 6238): one that is not confirmed yet asks for nothing. */
  const totpFactors = kit.table(
    'totp_factors',
    {
      id: kit.id(),
      userId: ownerId(),
      /** Sealed. */
      secret: kit.text('secret').notNull(),
      secretId: kit.text('secret_id').notNull(),
      createdAt: kit.moment('created_at').notNull(),
      confirmedAt: kit.moment('confirmed_at'),
      /** The time step of the last code that was accepted: it and those before it are used. */
      lastStep: kit.integer('last_step').notNull().default(0),
    },
    (t) => [kit.uniqueIndex('totp_factors_user_id').on(t.userId)],
  )
  const recoveryCodes = kit.table(
    'recovery_codes',
    {
      digest: kit.text('digest').primaryKey(),
      userId: ownerId(),
    },
    (t) => [kit.index('recovery_codes_user_id').on(t.userId)],
  )
  const apiKeys = kit.table(
    'api_keys',
    {
      id: kit.id(),
      userId: ownerId(),
      name: kit.text('name').notNull(),
      /** What may be shown of it. */
      prefix: kit.text('prefix').notNull(),
      digest: kit.text('digest').notNull(),
      /** Separated by spaces. */
      scopes: kit.text('scopes').notNull(),
      createdAt: kit.moment('created_at').notNull(),
      expiresAt: kit.moment('expires_at'),
      lastUsedAt: kit.moment('last_used_at'),
    },
    (t) => [
      kit.uniqueIndex('api_keys_digest').on(t.digest),
      kit.index('api_keys_user_id').on(t.userId, t.id),
    ],
  )
  /** Who an account is at a provider of OpenID Connect. */
  const identities = kit.table(
    'identities',
    {
      id: kit.id(),
      userId: ownerId(),
      provider: kit.text('provider').notNull(),
      /** `sub` of its ID tokens. */
      subject: kit.text('subject').notNull(),
      email: kit.text('email'),
      /** Whether the account came of this sign-in: then it is its owner's way in, and not one that somebody has added. */
      founding: kit.flag('founding').notNull().default(false),
      createdAt: kit.moment('created_at').notNull(),
      lastUsedAt: kit.moment('last_used_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('identities_provider_subject').on(t.provider, t.subject),
      kit.index('identities_user_id').on(t.userId, t.id),
    ],
  )
  /** Devices and addresses from which somebody has logged in, as digests. */
  const familiarOrigins = kit.table(
    'familiar_origins',
    {
      digest: kit.text('digest').primaryKey(),
      userId: ownerId(),
      lastSeenAt: kit.moment('last_seen_at').notNull(),
    },
    (t) => [
      kit.index('familiar_origins_user_id').on(t.userId),
      kit.index('familiar_origins_last_seen_at').on(t.lastSeenAt),
    ],
  )
  /** Who may make an account, and which. A row goes when it is used or revoked. */
  const invitations = kit.table(
    'invitations',
    {
      id: kit.id(),
      /** The token itself is nowhere. */
      digest: kit.text('digest').notNull(),
      /** Whose it is; anybody's who has the token, where it is nobody's. */
      email: kit.text('email'),
      emailKey: kit.text('email_key'),
      /** Whether the token went to that address alone: then whoever has it reads what is sent there. */
      mailed: kit.flag('mailed').notNull(),
      role: kit.text('role').$type<Role>().notNull(),
      /** The admin who invites; null is an operator. */
      createdBy: userId('created_by'),
      createdAt: kit.moment('created_at').notNull(),
      expiresAt: kit.moment('expires_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('invitations_digest').on(t.digest),
      kit.index('invitations_email_key').on(t.emailKey),
      kit.index('invitations_created_by').on(t.createdBy),
      kit.index('invitations_expires_at').on(t.expiresAt),
    ],
  )
  return {
    invitations,
    mails,
    singleUseTokens,
    totpFactors,
    recoveryCodes,
    apiKeys,
    identities,
    familiarOrigins,
  }
}
