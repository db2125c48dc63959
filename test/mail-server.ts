import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Test } from 'tap'

/** What a mail server says no with: 450, or the code that it is given. */
export const refusal = (message: string, responseCode?: number) =>
  Object.assign(new Error(message), responseCode !== undefined && { responseCode })

/** A mail server on loopback that keeps what it is given. */
export async function mailServer(test: Test, options: SMTPServerOptions = {}) {
  const mails: Email[] = []
  const given: Email[] = []
  const recipients: string[][] = []
  const arrivals = new EventEmitter()
  let refused: Error | undefined
  let refusedRecipient: Error | undefined
  let pause = Promise.resolve()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(refusedRecipient),
    onData(stream, { envelope }, done) {
      recipients.push(envelope.rcptTo.map(({ address }) => address))
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(parts)).then(async (mail) => {
          given.push(mail)
          arrivals.emit('dot')
          if (refused) return done(refused)
          await pause
          mails.push(mail)
          done()
          arrivals.emit('mail')
        }, done)
      })
    },
    ...options,
  })
  server.on('error', () => {
    // A client that hangs up is its own business.
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  test.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo

  return {
    url: `smtp://127.0.0.1:${port}`,
    /** What it took, the oldest first. */
    mails,
    /** What it was given, taken or not. */
    given,
    /** Whom each of those was for, as the envelope had it. */
    recipients,
    /** Waits for the next one. */
    arrival: () => once(arrivals, 'mail'),
    /** Waits for the end of the next one, which it has not answered yet. */
    dot: () => once(arrivals, 'dot'),
    /** From now on it takes no mail, or takes them again. */
    refuse(error: Error | undefined) {
      refused = error
    },
    /** From now on it knows no recipient, or knows them again. */
    refuseRecipients(error: Error | undefined) {
      refusedRecipient = error
    },
    /** From now on it answers the end of a mail when this has settled. */
    hold(until: Promise<void>) {
      pause = until
    },
  }
}

/** The token in the link of a mail. */
export const tokenIn = ({ text = '' }: Email) => /#(\S+)/.exec(text)?.[1] ?? ''
