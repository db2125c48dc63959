import type { Store } from '../../db/store.ts'
import type { Clock } from '../../base/clock.ts'
import type { Audit } from '../audit.ts'
import type { Changes } from '../changes.ts'
import type { AnyResource } from '../resources/resource.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import type { Recovery } from './recovery.ts'
import type { Passwords } from './passwords.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Confirmation } from './confirmation.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { Alerts } from '../mail/alerts.ts'
import type { MailBudget } from '../mail/budget.ts'
import type { SingleUseTokens } from '../single-use-tokens.ts'
import type { Admission } from './admission.ts'
import type { Invitations } from './invitations.ts'
import type { Likeness } from './likeness.ts'
import type { Admins } from './admins.ts'

/** What everything about accounts is made of. */
export interface AccountDeps {
  store: Store
  clock: Clock
  audit: Audit
  changeLog: Changes
  sessions: Sessions
  signedIn: SignedIn
  recovery: Recovery
  passwords: Passwords
  policy: PasswordPolicy
  confirm: Confirmation
  outbox: Outbox
  alerts: Alerts
  budget: MailBudget
  tokens: SingleUseTokens
  admission: Admission
  invitations: Invitations
  distinct: Likeness
  admins: Admins
  resources: readonly AnyResource[]
}
