import type { Store } from '../db/store.ts'
import type { AdmissionRules } from './accounts/admission.ts'
import type { SharedMailbox } from './accounts/email-keys.ts'
import type { Hasher } from './accounts/hasher.ts'
import type { Clock } from '../base/clock.ts'
import type { Ids } from '../base/ids.ts'
import type { Deliver } from './mail/task.ts'
import type { Provider } from './providers/provider.ts'
import type { ProviderRules } from './providers/providers.ts'
import type { AnyResource } from './resources/resource.ts'
import type { Secrets } from './secrets.ts'
import type { SessionRules } from './sessions/issue.ts'
import type { Timers } from '../base/timers.ts'

export interface BackendRules extends SessionRules, ProviderRules, AdmissionRules {
  /** Of bcrypt, 4 to 15. */
  bcryptCost: number
  /** Code points, 8 to 64. */
  passwordMinLength: number
  /** Days. */
  auditRetentionDays: number
  eventsRetentionHours: number
}
export interface BackendDeps {
  store: Store
  clock: Clock
  timers?: Timers | undefined
  ids: Ids
  secrets: Secrets
  hasher: Hasher
  /** Absent where nothing can be mailed. */
  deliver?: Deliver | undefined
  /** Told at the start of accounts that have one mailbox. */
  onSharedMailboxes?: ((pairs: SharedMailbox[]) => void) | undefined
  /** What users own: the ones of `RESOURCES` and others, of which the store has the tables. Those alone unless given. */
  resources?: readonly AnyResource[] | undefined
  /** Whom people can sign in with beside a password. */
  providers?: readonly Provider[]
  rules: BackendRules
}
