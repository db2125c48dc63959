import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Deliver, Mail } from '../domain/mail/outbox.ts'

/** Milliseconds after which a mail server that says nothing has failed. */
const PATIENCE = 10_000
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
export function smtpTransport(url: string, from: string): Transport {
  // Loaded with the first mail: many servers never send one.
  const load = async () => {
    const { createTransport } = await import('nodemailer')
    return createTransport({
      url,
      pool: true,
      maxConnections: 2,
      connectionTimeout: PATIENCE,
      greetingTimeout: PATIENCE,
      socketTimeout: PATIENCE,
      // What a mail says comes from no file and no URL.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
  let loaded: ReturnType<typeof load> | undefined
  return {
    async deliver(mail) {
      const transport = await (loaded ??= load())
      await transport.sendMail({ from, ...addressed(mail) })
    },
    close: () => void loaded?.then((transport) => transport.close()),
  }
}

/** Writes mails as files, for development: `<time>-<n>.eml`. */
export function fileTransport(folder: string, from: string): Transport {
  let count = 0
  return {
    async deliver(mail) {
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
      const { message } = await transport.sendMail({ from, ...addressed(mail) })
      await mkdir(folder, { recursive: true, mode: 0o700 })
      count += 1
      const time = new Date().toISOString().replaceAll(':', '-')
      // The cast: with `buffer` it is no stream.
      await writeFile(join(folder, `${time}-${count}.eml`), message as Buffer, { mode: 0o600 })
    },
    close: () => undefined,
  }
}

/** The recipient as what it is: as text it would be read as a header, which may name somebody else, or many. */
const addressed = ({ to, ...mail }: Mail) => ({ ...mail, to: { name: '', address: to } })
