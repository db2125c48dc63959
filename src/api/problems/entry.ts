import type { FastifyError } from 'fastify'

/**
 * What the catalogue says of one code. In its texts a `word in backticks` is code, and becomes a link where the word is itself
 * a code of the catalogue.
 */
export interface Entry {
  /** One as the server throws it. Its code, status and detail are read from it: they are written down nowhere else. */
  error: FastifyError
  /** The path of the example. */
  instance: string
  /** What happened. */
  cause: string
  /** What the developer or their program can do. */
  remedy: string
  /** Fields of the reply that say more, or that a program should obey. */
  headers?: Array<keyof typeof HEADERS>
}

/** Entries that are read together. */
export interface Section {
  title: string
  entries: Entry[]
}

export const HEADERS = {
  Allow: 'The methods that this path does answer.',
  'Retry-After': 'How many seconds to wait before the next try: a whole number, at least 1.',
  'WWW-Authenticate':
    'The scheme to authenticate with and, when a token was sent, what is wrong with it (RFC 6750).',
}
