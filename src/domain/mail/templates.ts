import { letter } from './letter.ts'

export type { Letter } from './letter.ts'

export interface Addressee {
  username: string
}
export interface Link {
  token: string
  until: Date
}
export interface Occurrence {
  at: Date
  ip: string
  userAgent: string | undefined
}

const IGNORE = 'If this was not you, ignore this mail: nothing happens.'
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** A time as people write it, the same on every machine: `30 November 2026 at 20:47 UTC`. */
export const inWords = (at: Date) =>
  `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()} at ${at.toISOString().slice(11, 16)} UTC`

/**
 * Every mail that the server sends. `publicUrl` is where its pages are; tokens are in the fragment, which no server logs. A line of a
 * terminal has room for a link, so its path is a letter.
 */
export function createTemplates(publicUrl: string) {
  const site = publicUrl.replace(/^https?:\/\//, '')
  const linked = (label: string, path: string, { token, until }: Link) => [
    { label, url: `${publicUrl}/${path}#${token}` },
    `The link is good once, until ${inWords(until)}.`,
  ]
  const reset = [
    'If this was not you, set a new password at once. All your sessions end with it:',
    { label: 'Set a new password', url: `${publicUrl}/forgot-password` },
    `If no mail follows from that, turn to whoever runs ${site}.`,
  ]

  return {
    verifyEmail: ({ username }: Addressee, link: Link) =>
      letter({
        subject: 'Confirm your email address',
        site,
        username,
        blocks: [
          `Please confirm that this is your email address for your account at ${site}:`,
          ...linked('Confirm the address', 'v', link),
          IGNORE,
        ],
      }),
    /** @param keepsFactor whether a second factor is on, which a mailbox does not stand for */
    resetPassword: ({ username }: Addressee, link: Link, keepsFactor: boolean) =>
      letter({
        subject: 'Set a new password',
        site,
        username,
        blocks: [
          `Somebody asked for a new password for your account at ${site}:`,
          ...linked('Set a new password', 'r', link),
          'All your sessions end with it.',
          ...(keepsFactor
            ? [
                'A second factor is on, and stays: you will be asked for a code of your app, or a recovery code. If you did not set it up, ' +
                  `or have lost both, whoever runs ${site} can remove it.`,
              ]
            : []),
          IGNORE,
        ],
      }),
    invitation: (token: string, until: Date) =>
      letter({
        subject: 'You are invited',
        site,
        blocks: [
          `You are invited to make an account at ${site}:`,
          ...linked('Make an account', 'i', { token, until }),
          'If you do not know what this is about, ignore this mail: nothing happens.',
        ],
      }),
    addressTaken: ({ username }: Addressee) =>
      letter({
        subject: 'Your email address was used to register',
        site,
        username,
        blocks: [
          `Somebody registered an account at ${site} with your email address, which belongs to this account of yours. That other ` +
            'account cannot use the address.',
          `If it was you who forgot the account: its username is ${username}. Who does not know its password any more asks for a new one:`,
          { label: 'Set a new password', url: `${publicUrl}/forgot-password` },
        ],
      }),
    newDevice: ({ username }: Addressee, { at, ip, userAgent }: Occurrence) =>
      letter({
        subject: 'A login from somewhere new',
        site,
        username,
        blocks: [
          `Somebody logged in to your account at ${site} from a device or an address that it had not been used from.`,
          [
            ['When', inWords(at)],
            ['Address', ip],
            ['Device', userAgent ?? 'not told'],
          ],
          ...reset,
        ],
      }),
    noticed: ({ username }: Addressee, what: string, at: Date) =>
      letter({
        subject: what,
        site,
        username,
        blocks: [`${what} on ${inWords(at)}, for your account at ${site}.`, ...reset],
      }),
    suspended: ({ username }: Addressee, at: Date) =>
      letter({
        subject: 'Your account was suspended',
        site,
        username,
        blocks: [
          `Your account at ${site} was suspended on ${inWords(at)}. Nobody can use it, and all its sessions have ended.`,
          `If you do not know why, turn to whoever runs ${site}.`,
        ],
      }),
    credentialChanged: (
      { username }: Addressee,
      { what, ended, at }: { what: string; ended?: string | undefined; at: Date },
    ) =>
      letter({
        subject: `${what} of your account changed`,
        site,
        username,
        blocks: [
          `${what} of your account at ${site} changed on ${inWords(at)}.`,
          ...(ended === undefined ? [] : [`With it ended: ${ended}.`]),
          ...reset,
        ],
      }),
  }
}
export type Templates = ReturnType<typeof createTemplates>
