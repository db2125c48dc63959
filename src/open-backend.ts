import type { Config } from './config/schema.ts'
import { openStore } from './db/open.ts'
import type { SharedMailbox } from './domain/accounts/email-keys.ts'
import { createHasher, type Hasher } from './domain/accounts/hasher.ts'
import { type Backend, createBackend } from './domain/backend.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { type Ids, randomIds } from './base/ids.ts'
import type { ProviderFault } from './domain/providers/provider.ts'
import { RESOURCES } from './domain/resources/index.ts'
import { tablesOf } from './domain/resources/engine/table.ts'
import type { AnyResource } from './domain/resources/resource.ts'
import { createSecrets } from './domain/secrets.ts'
import type { Timers } from './base/timers.ts'
import { mailTransport } from './mail/transport.ts'
import { openIdProvider } from './openid/provider.ts'

export interface BackendOverrides {
  clock?: Clock
  timers?: Timers
  ids?: Ids
  /** Whoever gives one closes it. */
  hasher?: Hasher
  /** What users own; those of `RESOURCES` unless given. */
  resources?: readonly AnyResource[]
  /** Told at the start of accounts that have one mailbox, in two spellings. */
  onSharedMailboxes?: (pairs: SharedMailbox[]) => void
  /** Told of a sign-in through a provider that failed there. */
  onProviderFailure?: (fault: ProviderFault, provider: string) => void
}

export interface OpenBackend {
  backend: Backend
  close(): Promise<void>
}

/**
 * The backend that a configuration describes, over a database of its own, with `prepare` done. When migrations are pending
 * (PostgreSQL only) it is not ready yet: `backend.ready` says so, and `backend.prepare()` tries again.
 */
export async function openBackend(
  config: Config,
  overrides: BackendOverrides = {},
): Promise<OpenBackend> {
  const { clock = systemClock, timers, ids = randomIds, hasher: given } = overrides
  const { resources = RESOURCES } = overrides
  const { onSharedMailboxes, onProviderFailure: onFailure = () => undefined } = overrides
  const store = await openStore(config.databaseUrl, tablesOf(resources))
  const hasher = given ?? createHasher()
  const mail = mailTransport(config)
  const backend = createBackend({
    store,
    clock,
    timers,
    ids,
    resources,
    secrets: createSecrets(config.secretKeys, ids),
    hasher,
    deliver: mail?.deliver,
    onSharedMailboxes,
    providers: config.oidcProviders.map((one) => openIdProvider(one, { clock, onFailure })),
    rules: { ...config, issuer: config.publicUrl },
  })
  const close = async () => {
    if (!given) await hasher.close()
    mail?.close()
    await backend.close()
  }

  try {
    await backend.prepare()
  } catch (error) {
    await close()
    throw error
  }
  return { backend, close }
}
