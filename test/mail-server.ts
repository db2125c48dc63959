import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import type { Test } from 'tap'

/** A mail server on loopback that keeps what it is given. */
export async function mailServer(test: Test) {
  const mails: Email[] = []
  const recipients: string[][] = []
  const arrivals = new EventEmitter()
  let refusal: Error | undefined
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      recipients.push(envelope.rcptTo.map(({ address }) => address))
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        if (refusal) return done(refusal)
        void PostalMime.parse(Buffer.concat(parts)).then((mail) => {
          mails.push(mail)
          done()
          arrivals.emit('mail')
        }, done)
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  test.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo

  return {
    url: `smtp://127.0.0.1:${port}`,
    /** What it was given, the oldest first. */
    mails,
    /** Whom each was for, as the envelope had it. */
    recipients,
    /** Waits for the next one. */
    arrival: () => once(arrivals, 'mail'),
    /** From now on it takes no mail, or takes them again. */
    refuse(error: Error | undefined) {
      refusal = error
    },
  }
}

/** The token in the link of a mail. */
export const tokenIn = ({ text = '' }: Email) => /#(\S+)/.exec(text)?.[1] ?? ''
