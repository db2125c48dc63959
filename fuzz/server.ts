import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

const source = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url))

/** The admin who makes the others admins; no request is sent in their name. */
export const KEEPER = 'fuzz-keeper'
const PASSWORD = 'a quiet place to write'

/** The real server on loopback, over a new SQLite file in `folder`, and a mail server that keeps the last token of each address. */
export async function startServer(folder: string) {
  const mails = join(folder, 'mails')
  mkdirSync(mails)
  const mail = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      void buffer(stream)
        .then((bytes) => PostalMime.parse(bytes))
        .then(({ text = '' }) => {
          const token = /#(\S+)/.exec(text)?.[1]
          const [to] = envelope.rcptTo
          // Fuzzed addresses may be no names of files; nobody waits for what is sent there.
          if (token && to && /^[\w.@-]+$/.test(to.address)) keep(join(mails, to.address), token)
          done()
        }, done)
    },
  })
  mail.listen(0, '127.0.0.1')
  await once(mail.server, 'listening')
  const { port } = mail.server.address() as AddressInfo

  const env = {
    PATH: process.env['PATH'],
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, 'fuzz.db')}`,
    RATE_LIMITS: 'off',
    // What tells that it listens is of this level too.
    LOG_LEVEL: 'info',
    JWT_ACCESS_TOKEN_EXPIRES: '3600',
    SMTP_URL: `smtp://127.0.0.1:${port}`,
  }
  const keeper = ['user', 'create', KEEPER, '--admin']
  const { status, stderr } = spawnSync(process.execPath, [source('cli.ts'), ...keeper], {
    cwd: folder,
    env,
    input: PASSWORD,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the first admin was not made: ${stderr}`)

  const child = spawn(process.execPath, [source('server.ts')], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const faults: string[] = []
  let answered = 0
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
    createInterface(child.stdout).on('line', (line) => {
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)
      if (found?.[1]) resolve(found[1])
      if (line.endsWith('"msg":"request"}')) answered++
      // Of level error and above.
      if (/"level":[56]0/.test(line)) faults.push(line)
    })
  })

  return {
    url,
    /** The folder in which a file with the name of an address holds the token that was mailed there last. */
    mails,
    /** The lines that it logged about faults of its own. */
    faults,
    /** @returns how many requests it has answered */
    answered: () => answered,
    /** @returns whether it had served until now, and ended in order */
    async stop(): Promise<boolean> {
      const served = child.exitCode === null && child.signalCode === null
      child.kill('SIGTERM')
      const [code] = await exited
      process.off('exit', end)
      mail.close()
      return served && code === 0
    },
  }
}

/** Whole or not at all: somebody waits for it. */
function keep(file: string, text: string) {
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
}
