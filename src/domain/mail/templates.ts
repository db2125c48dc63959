/** A mail before it has an addressee. */
export interface Letter {
  subject: string
  text: string
  html: string
}

interface Paragraphs {
  subject: string
  /** Of the reader, where they have an account. */
  username?: string
  says: string[]
  /** What the reader may follow. */
  link?: { label: string; url: string }
  after?: string[]
}

/** The same words as plain text and as HTML. What users chose, such as their name, is escaped. */
function letter({ subject, username, says, link, after = [] }: Paragraphs): Letter {
  const greeting = username === undefined ? 'Hello,' : `Hello ${username},`
  const lines = [greeting, ...says, ...(link ? [link.url] : []), ...after]
  const paragraph = (text: string) => `<p>${escape(text)}</p>`
  const html = [
    paragraph(greeting),
    ...says.map(paragraph),
    ...(link ? [`<p><a href="${escape(link.url)}">${escape(link.label)}</a></p>`] : []),
    ...after.map(paragraph),
  ]
  return {
    subject,
    text: `${lines.join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>\n<body>\n${html.join('\n')}\n</body></html>\n`,
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string) => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!)

const IGNORE = 'If this was not you, ignore this mail: nothing happens.'

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

/** Every mail that the server sends. `publicUrl` is where its pages are; tokens are in the fragment, which no server logs. */
export const createTemplates = (publicUrl: string) => ({
  verifyEmail: ({ username }: Addressee, { token }: Link) =>
    letter({
      subject: 'Confirm your email address',
      username,
      says: ['Please confirm that this is your email address, within 24 hours:'],
      link: { label: 'Confirm the address', url: `${publicUrl}/verify-email#${token}` },
      after: [IGNORE],
    }),
  resetPassword: ({ username }: Addressee, { token }: Link) =>
    letter({
      subject: 'Set a new password',
      username,
      says: ['Somebody asked for a new password for your account. Set one within 30 minutes:'],
      link: { label: 'Set a new password', url: `${publicUrl}/reset-password#${token}` },
      after: ['All your sessions end with it.', IGNORE],
    }),
  invitation: (token: string, until: Date) =>
    letter({
      subject: 'You are invited',
      says: [
        `You are invited to make an account at ${publicUrl}. The invitation is good once, until ${until.toISOString()}:`,
      ],
      link: { label: 'Make an account', url: `${publicUrl}/accept-invitation#${token}` },
      after: ['If you do not know what this is about, ignore this mail: nothing happens.'],
    }),
  addressTaken: ({ username }: Addressee) =>
    letter({
      subject: 'Your email address was used to register',
      username,
      says: [
        'Somebody registered an account with your email address, which belongs to this account of yours. That other account ' +
          'cannot use the address.',
        'If it was you who forgot the account, log in with this username, or ask for a new password.',
      ],
    }),
  newDevice: ({ username }: Addressee, { at, ip, userAgent }: Occurrence) =>
    letter({
      subject: 'A login from somewhere new',
      username,
      says: [
        'Somebody logged in to your account from a device or an address that it had not been used from.',
        `When: ${at.toISOString()}`,
        `Address: ${ip}`,
        `Device: ${userAgent ?? 'not told'}`,
        'If this was not you, change your password: that ends all other sessions.',
      ],
    }),
  credentialChanged: ({ username }: Addressee, what: string, at: Date) =>
    letter({
      subject: `${what} of your account changed`,
      username,
      says: [
        `${what} of your account changed at ${at.toISOString()}.`,
        'If this was not you, set a new password at once, and end all sessions.',
      ],
    }),
})
export type Templates = ReturnType<typeof createTemplates>
