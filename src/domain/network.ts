import { isIP } from 'node:net'
import { Address6 } from 'ip-address'

/** `1.2.3.4:5678` and `[::1]:5678`, as some proxies write them. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\](?::\d+)?|(?<v4>[\d.]+):\d+)$/

/** The address that counts as one caller: an IPv4 address, or the /64 that an IPv6 customer gets. */
export function network(ip: string): string {
  const { v4, v6 } = WITH_PORT.exec(ip)?.groups ?? {}
  const bare = v4 ?? v6 ?? ip
  if (isIP(bare) !== 6) return bare
  const address = new Address6(bare)
  return address.isMapped4()
    ? address.to4().correctForm()
    : new Address6(`${bare}/64`).startAddress().correctForm()
}
