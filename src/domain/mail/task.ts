import type { Steps, Tx } from '../../db/store.ts'
import type { Letter } from './templates.ts'

/** A letter, to whom it goes, and what it is about. */
export interface Composed extends Letter {
  /** The mailbox, its domain in ASCII. */
  to: string
  /** The account, if there is one yet, and the address as the account spells it. */
  userId: number | undefined
  address: string
}
export interface Mail extends Composed {
  /** The same for each copy of it: the left side of a Message-ID (RFC 5322, section 3.6.4). */
  id: string
}
/**
 * Hands a mail over, or throws: Undeliverable when it never can be, anything else when it is to be tried again. Whatever happens it is over
 * after HAND_OVER seconds, and soon after `hangUp` aborts.
 */
export type Deliver = (mail: Mail, hangUp: AbortSignal) => Promise<void>

/** What there is to tell. It becomes a mail when it is sent, so that what it says is true then. */
export type Task =
  | (Linking & { task: 'email.verify'; userId: number; email: string })
  | (Linking & { task: 'password.reset'; email: string })
  /** It has its token: nobody could ask for it again. */
  | { task: 'invitation'; to: string; token: string }
  | (Alert & { task: 'alert.login'; ip: string; userAgent: string | undefined })
  | (Alert & { task: 'alert.change'; what: string; ended?: string | undefined })
  /** What was asked for or tried, as a sentence that lacks its full stop. */
  | (Alert & { task: 'alert.notice'; what: Notice })

/** What an owner is told before anything of theirs has changed. */
export type Notice =
  | 'A new email address was asked for'
  | 'A new API key was made'
  | 'An invitation was made'
  | 'A second factor was begun'
  | 'A copy of all your data was asked for'
  | typeof CODE_WRONG
  | typeof SUSPENDED
export const SUSPENDED = 'Your account was suspended'
export const CODE_WRONG = 'Somebody got as far as your second factor, and gave a wrong code'

interface Linking {
  /** Of an earlier try, which may have arrived for all that we know: what follows is a copy of it, with the same link. */
  link?: { token: string; until: string }
}
interface Alert {
  userId: number
  /** Settled when it happens, not when it is sent. */
  to: string
  at: string
}

/** A mail that may not go yet. */
export interface Postponed {
  until: Date
}

/** A mail to an address that was kept before it had to be that of a mailbox: nobody knows whom it would reach. */
export interface Unmailable extends Pick<Composed, 'userId' | 'address'> {
  fault: string
}

/** A try to hand a mail over. */
export interface Try {
  /** 1 for the first. */
  attempts: number
  /** Makes what there is to tell something else from now on, for the tries that follow. */
  keep: (tx: Tx, task: Task) => Steps<void>
}

/** What became of a try, and never of what is in the mail. */
export interface Outcome {
  outcome: 'sent' | 'postponed' | 'undeliverable' | 'given_up'
  /** The task; undefined where it cannot be read. */
  kind: Task['task'] | undefined
  userId: number | undefined
  attempts: number
  error?: unknown
}

/** Mails that are handed over at once. */
export const CONNECTIONS = 2
/** Seconds that handing over a mail may take: a mail server may look at it for ten minutes. */
export const HAND_OVER = 720
