import { createAccounts } from './accounts/accounts.ts'
import { createAdoption } from './accounts/adoption.ts'
import { createAdmission } from './accounts/admission.ts'
import { createApiKeys } from './accounts/api-keys.ts'
import { createArchives } from './accounts/archives.ts'
import { createConfirmation } from './accounts/confirmation.ts'
import { createDecoys } from './accounts/decoys.ts'
import { indexedEmails } from './accounts/email-keys.ts'
import { indexedLikeness } from './accounts/indexed-likeness.ts'
import { createInvitations } from './accounts/invitations.ts'
import { createLikeness } from './accounts/likeness.ts'
import { createPasswordPolicy } from './accounts/password-policy.ts'
import { createRecovery } from './accounts/recovery.ts'
import { createPasswords } from './accounts/passwords.ts'
import { createSecondFactor } from './accounts/second-factor.ts'
import { createUserList } from './accounts/user-list.ts'
import { createActivity } from './audit-activity.ts'
import { createAuditList } from './audit-list.ts'
import { createAudit } from './audit.ts'
import type { BackendDeps } from './backend-deps.ts'
import { createChanges } from './changes.ts'
import { createStreams } from './events/streams.ts'
import { createIdempotency } from './idempotency.ts'
import { createLeases } from './leases.ts'
import { createAlerts } from './mail/alerts.ts'
import { createMailBudget } from './mail/budget.ts'
import { createLetters } from './mail/letters.ts'
import { createOutbox } from './mail/outbox.ts'
import { createStanding } from './mail/standing.ts'
import { createTemplates } from './mail/templates.ts'
import { createOffsetList, createTodoLists } from './lists/offset.ts'
import { createPolicy } from './policy.ts'
import { createProviders } from './providers/providers.ts'
import { createPurge } from './purge.ts'
import { type Collection, createCollection } from './resources/engine/collection.ts'
import { createReindex } from './resources/engine/reindex.ts'
import { book, post, RESOURCES, todo } from './resources/index.ts'
import { createSecretCheck } from './secret-check.ts'
import { createSingleUseTokens } from './single-use-tokens.ts'
import { createAttempts } from './sessions/attempts.ts'
import { createDevices } from './sessions/devices.ts'
import { createEntry } from './sessions/entry.ts'
import { createFamiliar } from './sessions/familiar.ts'
import { createIssue } from './sessions/issue.ts'
import { createKeyCheck } from './sessions/key-check.ts'
import { createKeys } from './sessions/keys.ts'
import { createLogin } from './sessions/login.ts'
import { createOwnSessions } from './sessions/own-sessions.ts'
import { createRotation } from './sessions/rotation.ts'
import { createSessions } from './sessions/sessions.ts'
import { createSignedIn } from './sessions/signed-in.ts'
import { createTokenCheck } from './sessions/token-check.ts'
import { systemTimers } from '../base/timers.ts'
import { createBatches } from './transfer/batches.ts'
import { createExports } from './transfer/exports.ts'
import { createImports } from './transfer/imports.ts'

/**
 * Everything that holds state, wired over one database. One process may have many of them; nothing is shared but what was given.
 */
export function createBackend(deps: BackendDeps) {
  const { store, clock, timers = systemTimers, ids, secrets, hasher, deliver, rules } = deps
  const { resources = RESOURCES } = deps
  const audit = createAudit({ store, clock })
  const changes = createChanges({ store, clock })
  const passwords = createPasswords({ secrets, hasher, cost: rules.bcryptCost })
  const policy = createPasswordPolicy({ minLength: rules.passwordMinLength })
  const keys = createKeys({ ...deps, longestLife: rules.refreshTokenExpires })
  const issue = createIssue({ clock, ids, keys, rules })
  const sessions = createSessions({ store, clock, ids, audit, issue, rules })
  const familiar = createFamiliar({ store, clock })
  const attempts = createAttempts({ store, clock, familiar })
  const signedIn = createSignedIn({ store, clock })
  const singleUseTokens = createSingleUseTokens({ store, clock, ids })
  const budget = createMailBudget({ store, clock })
  const templates = createTemplates(rules.issuer)
  const outbox = createOutbox({
    ...deps,
    timers,
    compose: createLetters({ ...deps, tokens: singleUseTokens, templates, budget }),
    deliver,
    standing: createStanding({ store, clock, audit }),
  })
  const alerts = createAlerts({ store, clock, outbox })
  const activity = createActivity({ store, secrets })
  const secondFactor = createSecondFactor({ ...deps, audit, alerts, signedIn })
  const confirm = createConfirmation({ store, audit, alerts, passwords, attempts, secondFactor })
  const invitations = createInvitations({ ...deps, audit, outbox, alerts, signedIn })
  const recovery = createRecovery({ store, clock, sessions, invitations })
  const admission = createAdmission(rules, invitations)
  const distinct = createLikeness(store)
  const accounts = createAccounts({
    ...deps,
    resources,
    audit,
    changeLog: changes,
    sessions,
    signedIn,
    recovery,
    passwords,
    policy,
    confirm,
    outbox,
    alerts,
    budget,
    tokens: singleUseTokens,
    admission,
    invitations,
    distinct,
    secondFactor,
  })
  const events = createStreams({ store, clock, timers, resources, rules })
  const enter = createEntry({ audit, sessions, familiar, alerts })
  const { signIn, identities, ...byProvider } = createProviders({
    ...deps,
    audit,
    outbox,
    alerts,
    signedIn,
    attempts,
    keys,
    issue,
    enter,
    secondFactor,
    accounts,
    admission,
    invitations,
    distinct,
    providers: deps.providers ?? [],
  })
  const access = createPolicy(resources)
  const collections = new Map(
    resources.map((resource) => [
      resource.table,
      createCollection(
        { store, clock, audit, changeLog: changes, secrets, policy: access },
        resource,
      ),
    ]),
  )
  // The casts: these are always among them.
  const posts = collections.get('posts') as Collection<typeof post.members>
  const todos = collections.get('todos') as Collection<typeof todo.members>
  const books = collections.get('books') as Collection<typeof book.members>
  const postLists = createOffsetList(store, 'post', store.tables.posts, [
    'id',
    'userId',
    'title',
    'content',
    'createdAt',
    'updatedAt',
  ])
  const bookLists = createOffsetList(store, 'book', store.tables.books, [
    'id',
    'userId',
    'title',
    'author',
  ])
  const derived = [accounts, ...collections.values()].map(({ indexed }) => indexed)
  const emailKeys = indexedEmails(store)
  const reindex = createReindex(store, [...derived, emailKeys, indexedLikeness(store)])
  const checkSecrets = createSecretCheck({ store, secrets, keys, secondFactor })
  const decoyFor = createDecoys({ store, clock, secrets })
  const leases = createLeases({ store, clock, ids })
  let ready = false

  return {
    store,
    clock,
    ids,
    audit,
    changes,
    events,
    outbox,
    keys,
    tokens: createTokenCheck({ store, clock, rules }),
    secrets,
    sessions: {
      ...sessions,
      login: createLogin({
        store,
        audit,
        passwords,
        decoyFor,
        attempts,
        devices: createDevices({ clock, ids, secrets }),
        enter,
        alerts,
        keys,
        issue,
        secondFactor,
      }),
      loginByProvider: byProvider.login,
      ...createRotation({ store, clock, keys, issue, sessions, audit }),
      own: createOwnSessions({ store, clock, audit, sessions, rules }),
    },
    signedIn,
    confirm,
    secondFactor,
    apiKeys: createApiKeys({ store, clock, ids, audit, alerts, signedIn }),
    apiKeyCheck: createKeyCheck({ store, clock }),
    signIn,
    identities,
    invitations,
    accounts,
    decoyFor,
    adoption: createAdoption({ store, clock, audit, passwords, secrets }),
    userList: createUserList({ store, clock, secrets, audit }),
    auditList: createAuditList({ store, clock, secrets }),
    activity,
    archives: createArchives({ store, audit, alerts, tokens: singleUseTokens, signedIn, activity }),
    resources,
    /** Who may do what to whose records. */
    access,
    /** The records of each resource, by its table. */
    collections,
    posts: { ...posts, ...postLists },
    todos: { ...todos, ...createTodoLists({ store, changeLog: changes }, todos as never) },
    books: { ...books, ...bookLists },
    idempotency: createIdempotency({ store, clock, ids }),
    exports: createExports(store, resources),
    batches: createBatches({ store, clock, changeLog: changes }),
    imports: createImports({ store, changeLog: changes, signedIn }),
    purge: createPurge({
      store,
      clock,
      leases,
      auditRetention: rules.auditRetentionDays,
      eventsRetention: rules.eventsRetentionHours,
    }),

    /** Whether `prepare` has found everything in place. */
    get ready() {
      return ready
    },
    /**
     * Makes the database fit for use: its first signing key, what rows lack that were written before its
     * columns, and a check that every secret it needs is there.
     * @returns the migrations that must be applied first; none when it is ready.
     * @throws SecretsMissing, DatabaseTooNew
     */
    async prepare(): Promise<string[]> {
      const pending = await store.pending()
      if (pending.length > 0) return pending
      await checkSecrets()
      await keys.ensure()
      await reindex()
      const shared = emailKeys.shared()
      if (shared.length > 0) deps.onSharedMailboxes?.(shared)
      ready = true
      return []
    },
    async close() {
      await events.close()
      await leases.close()
      await store.close()
    },
  }
}
export type Backend = ReturnType<typeof createBackend>
