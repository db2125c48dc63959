import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

const CHROMIUM = '/usr/bin/chromium'
const OPENSSL = '/usr/bin/openssl'
const absent = [CHROMIUM, OPENSSL].find((file) => !existsSync(file))

/** For `skip`: why no browser can be used here, or false. */
export const noBrowser = absent !== undefined && `${absent} is not installed`

/** Where the proxy says that the browser is. */
export const BROWSER_IP = '198.51.100.7'

/** A key and a certificate that nobody has signed. */
function certificate() {
  const subject = ['-subj', '/CN=example.com', '-days', '2', '-nodes', '-keyout', '-', '-out', '-']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const pem = execFileSync(OPENSSL, ['req', '-x509', ...key, ...subject], { stdio: 'pipe' })
  return { key: pem, cert: pem }
}

/** What a site answers with, by path. */
type Files = Record<string, string>

/** A request that came to the API. */
interface Seen {
  method: string | undefined
  path: string | undefined
  cookie: string
  /** How the browser sees who asks: `same-site`, `cross-site`. */
  site: unknown
}

/**
 * An internet of https sites on one port. Each origin answers with its files; that of the API is a proxy that ends TLS before the
 * server, as a real one would.
 */
export async function internet(t: Test, sites: Record<string, Files>) {
  const seen: Seen[] = []
  let api: { origin: string; upstream: number } | undefined

  const server = createServer(certificate(), (incoming, outgoing) => {
    const { method, url: path = '', headers } = incoming
    const origin = `https://${headers.host}`
    if (origin === api?.origin) {
      seen.push({ method, path, cookie: headers.cookie ?? '', site: headers['sec-fetch-site'] })
      forward(incoming, outgoing, api.upstream)
      return
    }
    sendFile(sites[origin], path, outgoing)
  })
  const port = await listen(t, server)
  return {
    seen,
    port,
    /** Puts the server that listens on a port behind the proxy, which answers at an origin. */
    expose(origin: string, upstream: number) {
      api = { origin, upstream }
    },
  }
}

/** The origin of a page that is served on this machine, without TLS. */
export async function localhost(t: Test, files: Files): Promise<string> {
  const server = createHttpServer((incoming, outgoing) =>
    sendFile(files, incoming.url ?? '', outgoing),
  )
  return `http://localhost:${await listen(t, server)}`
}

function sendFile(files: Files | undefined, path: string, outgoing: ServerResponse) {
  const file = files?.[path.split('?', 1).join()]
  const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
  outgoing.writeHead(file === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` })
  outgoing.end(file)
}

async function listen(t: Test, server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, port: number) {
  const { method, url: path, headers } = incoming
  const forwarded = { 'x-forwarded-for': BROWSER_IP, 'x-forwarded-proto': 'https' }
  const options = { host: '127.0.0.1', port, method, path, headers: { ...headers, ...forwarded } }
  const onward = request(options, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  incoming.pipe(onward)
}

/** A browser for which every host is that of our own internet, but localhost. */
export async function launch(t: Test, port: number): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP * 127.0.0.1:${port}, EXCLUDE localhost`,
    ],
  })
  t.teardown(() => browser.close())
  return browser
}
