import { isIP } from 'node:net'
import { Address6 } from 'ip-address'

/** `1.2.3.4:5678` and `[::1]:5678`, as some proxies write them. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\](?::\d+)?|(?<v4>[\d.]+):\d+)$/

/** The address that counts as one caller: an IPv4 address, or the /64 that an IPv6 customer gets. */
export const network = (ip: string): string => prefixOf(ip, 64)

/** What one organisation has, of which it may give out as many networks as it likes: an IPv4 address, or a /48 (RFC 6177). */
export const site = (ip: string): string => prefixOf(ip, 48)

function prefixOf(ip: string, bits: number) {
  const { v4, v6 } = WITH_PORT.exec(ip)?.groups ?? {}
  const bare = v4 ?? v6 ?? ip
  if (isIP(bare) !== 6) return bare
  const address = new Address6(bare)
  return address.isMapped4()
    ? address.to4().correctForm()
    : new Address6(`${bare}/${bits}`).startAddress().correctForm()
}
