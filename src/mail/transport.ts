import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Sender } from '../config/sender.ts'
import { CONNECTIONS, type Deliver, HAND_OVER, type Mail } from '../domain/mail/task.ts'
import { Undeliverable } from '../domain/mail/refusals.ts'
import { verdict } from './verdict.ts'

/**
 * Milliseconds after which a mail server that says nothing has failed. What it took up it may look at for ten minutes (RFC 5321,
 * section 4.5.3.2.6): whoever leaves sooner sends it again, or never.
 */
export const PATIENCE = { greeting: 10_000, reply: 600_000 }
/** From the eleventh mail of a connection on, Exim lets them wait for its next look at the queue: half an hour. */
const MAILS_PER_CONNECTION = 10
/** Where development leaves its mails. */
const FOLDER = 'data/outbox'

interface Transport {
  deliver: Deliver
  close(): void
}

/** How mails leave: to the mail server of SMTP_URL, in development without one into files; else not at all. */
export function mailTransport({
  env,
  smtpUrl,
  mailFrom,
}: Pick<Config, 'env' | 'smtpUrl' | 'mailFrom'>): Transport | undefined {
  if (smtpUrl !== undefined) return smtpTransport(smtpUrl, mailFrom)
  return env === 'development' ? fileTransport(FOLDER, mailFrom) : undefined
}

/** Hands mails to the mail server of an smtp:// or smtps:// URL, over few connections that are kept. */
export function smtpTransport(url: string, from: Sender, patience = PATIENCE): Transport {
  // Loaded with the first mail: many servers never send one.
  const load = async () => {
    const { createTransport } = await import('nodemailer')
    return createTransport({
      url,
      pool: true,
      maxConnections: CONNECTIONS,
      maxMessages: MAILS_PER_CONNECTION,
      connectionTimeout: patience.greeting,
      greetingTimeout: patience.greeting,
      socketTimeout: patience.reply,
      // What a mail says comes from no file and no URL.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
  let loaded: ReturnType<typeof load> | undefined
  return {
    async deliver(mail, hangUp) {
      const transport = await (loaded ??= load())
      // Each reply may take its time, but not all of them one after another.
      const signal = AbortSignal.any([hangUp, AbortSignal.timeout(HAND_OVER * 1000)])
      try {
        // nodemailer sends such an address as it is, whatever the server can do.
        if (needsUtf8(mail.to) && !(await offersUtf8(url, patience.greeting, signal)))
          throw new Undeliverable(NO_UTF8, mail.to)
        await transport.sendMail({ ...messageOf(mail, from), signal })
      } catch (error) {
        throw verdict(error, mail.to)
      }
    },
    close: () => void loaded?.then((transport) => transport.close()),
  }
}

const NO_UTF8 =
  'The mail server takes no letters beyond ASCII before the @: it does not offer SMTPUTF8 (RFC 6531)'
const needsUtf8 = (address: string) => !/^\p{ASCII}*@[^@]*$/u.test(address)

/** Asks the mail server whether it takes addresses beyond ASCII (RFC 6531). Nobody but whoever connects can tell. */
async function offersUtf8(url: string, patience: number, signal: AbortSignal): Promise<boolean> {
  const { parseConnectionUrl } = await import('nodemailer/lib/shared')
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection')
  const connection = new SMTPConnection({
    ...parseConnectionUrl(url),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      connection.on('error', reject)
      connection.connect((error) => (error ? reject(error) : resolve()))
    })
    // What it answered to EHLO, the last word before we would log in.
    return /^250[ -]SMTPUTF8\b/im.test(String(connection.lastServerResponse))
  } finally {
    connection.close()
  }
}

/** Writes mails as files, for development: `<time>-<n>.eml`. */
export function fileTransport(folder: string, from: Sender): Transport {
  let count = 0
  return {
    async deliver(mail) {
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
      const { message } = await transport.sendMail(messageOf(mail, from))
      await mkdir(folder, { recursive: true, mode: 0o700 })
      count += 1
      const time = new Date().toISOString().replaceAll(':', '-')
      // The cast: with `buffer` it is no stream.
      await writeFile(join(folder, `${time}-${count}.eml`), message as Buffer, { mode: 0o600 })
    },
    close: () => undefined,
  }
}

const messageOf = ({ id, to, subject, text, html }: Mail, from: Sender) => ({
  // A copy: nodemailer writes what it makes of an address into it.
  from: { ...from },
  // As text it would be read as a header, which may name somebody else, or many.
  to: { name: '', address: to },
  subject,
  text,
  html,
  // A copy has it, too: readers show it once.
  messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
  headers: {
    // Nobody's absence is told to a machine (RFC 3834).
    'Auto-Submitted': 'auto-generated',
    'Content-Language': 'en',
  },
})
