import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Config } from '../../config/schema.ts'

/** An address as proxies write it: with its port, IPv6 in brackets or bare (RFC 7239, section 6). */
const NODE = /^(?:\[(?<v6>[\da-f:.]+)\]|(?<v4>[\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/i
/** A parameter of Forwarded, if there is one, and what follows (RFC 7239, section 4); some proxies quote no address. */
const PARAMETER =
  /[ \t]*(?:(?<name>[!#$%&'*+.^`|~\w-]+)=(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^\s",;]+))[ \t]*)?(?<end>[;,]|$)/y

/**
 * Writes down in X-Forwarded-For, where Fastify reads it, by which addresses a request has come: without ports, before anybody decides
 * which of them is trusted. What is no address (`unknown`, `_hidden`, nonsense) ends the chain: the caller is the last proxy that is
 * known, at least the peer of the connection.
 * @param header which of both the proxies write; the other one comes from somewhere else, and counts for nothing
 */
export function readForwarded(
  { headers }: Pick<IncomingMessage, 'headers'>,
  header: Config['trustProxyHeader'],
): void {
  const chain = known(header === 'forwarded' ? ofForwarded(headers) : ofForwardedFor(headers))
  if (chain.length > 0) headers['x-forwarded-for'] = chain.join(', ')
  else delete headers['x-forwarded-for']
}

function ofForwardedFor({ 'x-forwarded-for': field = '' }: IncomingHttpHeaders) {
  // Elements of a list may be empty (RFC 9110, section 5.6.1.2).
  return [field]
    .flat()
    .join()
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '')
}

/** The `for` of each proxy, empty where it says none. One that cannot be read has none at all: who would have written which part? */
function ofForwarded({ forwarded: field = '' }: IncomingHttpHeaders): string[] {
  const hops: string[] = []
  let hop: string | undefined
  PARAMETER.lastIndex = 0
  for (let end: string | undefined = field === '' ? '' : ';'; end !== '';) {
    const parameter: Record<string, string | undefined> = PARAMETER.exec(field)?.groups ?? {}
    const { name, quoted, bare } = parameter
    end = parameter['end']
    if (name?.toLowerCase() === 'for') {
      if (hop !== undefined) return []
      hop = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare
    }
    if (end === undefined) return []
    if (end === ';') continue
    hops.push(hop ?? '')
    hop = undefined
  }
  return hops
}

/** The addresses of the end of a chain, up to what is none. */
function known(chain: string[]): string[] {
  const addresses = chain.map(addressOf)
  return addresses.slice(addresses.lastIndexOf(undefined) + 1) as string[]
}

function addressOf(node: string): string | undefined {
  const { v6, v4 } = NODE.exec(node)?.groups ?? {}
  const address = v6 ?? v4 ?? node
  const family = isIP(address)
  return family === 0 || (v6 !== undefined && family === 4) || address.includes('%')
    ? undefined
    : address
}
