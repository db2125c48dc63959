import {
  DomainNotAllowed,
  InvitationRequired,
  RegistrationClosed,
} from '../../base/access-errors.ts'
import type { Role } from '../../base/actor.ts'
import { ValidationFailed } from '../../base/errors.ts'
import { violation } from '../../base/text-rules.ts'
import { foldEmail } from './address.ts'
import type { Invitation, Invitations } from './invitations.ts'

export interface AdmissionRules {
  /** Who may make an account for themselves. */
  registration: 'open' | 'invite' | 'closed'
  /** Domains in ASCII (UTS 46) whose addresses may register; all, where there are none. */
  registrationDomains: readonly string[]
}
/** What somebody is let in with. */
export interface Admitted {
  role: Role
  /** The address of the account: the one that they name, or the one that was invited. */
  email: string | undefined
  /** Whether the invitation came by that address: then it is theirs. */
  isConfirmed: boolean
  /** Whether they have to show first that the address is theirs. */
  mustConfirm: boolean
}

/** Who may make an account for themselves. */
export function createAdmission(
  { registration, registrationDomains }: AdmissionRules,
  invitations: Pick<Invitations, 'look'>,
) {
  const domains = new Set(registrationDomains)
  const takes = (email: string | undefined) =>
    domains.size === 0 || (email !== undefined && domains.has(domainOf(email)))

  /** Before anything else is looked at. @throws RegistrationClosed, InvitationRequired, InvitationInvalid */
  async function open(token: string | undefined): Promise<Invitation | undefined> {
    if (registration === 'closed') throw new RegistrationClosed()
    if (token !== undefined) return invitations.look(token)
    if (registration === 'invite') throw new InvitationRequired()
    return undefined
  }

  /** An address that an admin has invited may be of any domain. @throws ValidationFailed */
  function admit(email: string | undefined, invitation: Invitation | undefined): Admitted {
    const { role = 'user', email: invited, mailed = false } = invitation ?? {}
    if (invited === undefined) {
      if (takes(email)) return { role, email, isConfirmed: false, mustConfirm: domains.size > 0 }
      throw new ValidationFailed([refusedDomain(email)])
    }
    if (email === undefined || foldEmail(email) === foldEmail(invited))
      return { role, email: invited, isConfirmed: mailed, mustConfirm: false }
    const detail = 'must be the address that was invited'
    throw new ValidationFailed([violation('/email', 'not_acceptable', detail)])
  }

  return {
    open,
    admit,
    /**
     * Whether somebody may come in whom a provider has named, with an address that it has verified or none.
     * @returns what they are let in with
     * @throws RegistrationClosed, InvitationRequired, InvitationInvalid, DomainNotAllowed
     */
    async newcomer(email: string | undefined, token: string | undefined): Promise<Admitted> {
      const invitation = await open(token)
      // Whoever was invited by mail reads what is sent there, whatever address the provider tells.
      if (invitation?.email !== undefined) return admit(undefined, invitation)
      if (!takes(email)) throw new DomainNotAllowed()
      return { ...admit(email, invitation), mustConfirm: false }
    },
  }
}
export type Admission = ReturnType<typeof createAdmission>

/** In ASCII, as an address is kept unique by. */
const domainOf = (email: string) => foldEmail(email).replace(/^.*@/, '')

const refusedDomain = (email: string | undefined) =>
  email === undefined
    ? violation('/email', 'required', 'is required')
    : violation('/email', 'domain_not_allowed', 'must be of a domain that this server accepts')
