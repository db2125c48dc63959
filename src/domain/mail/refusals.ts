/** Characters of what a mail server says that are kept. */
const MOST = 500

/** What a mail server says, in one line: what it sends is nobody's text to trust. */
export const inOneLine = (words: string) =>
  words
    .slice(0, 4 * MOST)
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S}]+/gu, ' ')
    .trim()
    .slice(0, MOST)
    .toWellFormed()

/** A mail was not handed over. The message goes to the log, so it does not hold the address that the mail was for. */
class NotHandedOver extends Error {
  constructor(words: string, address: string) {
    super(inOneLine(words.replaceAll(new RegExp(RegExp.escape(address), 'gi'), '…')))
  }
}

/** Not now: it is tried again. */
export class NotTaken extends NotHandedOver {
  override name = 'NotTaken'
  /** What went wrong, in nodemailer's term. */
  readonly code: string | undefined
  /** Whether it lies with this server and how it is set up (its login, its sender): then nothing goes until that is mended. */
  readonly isOurs: boolean
  constructor(
    words: string,
    address: string,
    { code, isOurs }: { code?: string; isOurs: boolean },
  ) {
    super(words, address)
    this.code = code
    this.isOurs = isOurs
  }
}

/** Never: the mail server's final word on an address (RFC 5321, section 4.2.1). */
export class Undeliverable extends NotHandedOver {
  override name = 'Undeliverable'
  /** What it said, for whoever the address belongs to. */
  readonly reply: string
  constructor(words: string, address: string) {
    super(words, address)
    this.reply = inOneLine(words)
  }
}
