import { Address6 } from 'ip-address'

/** The address that counts as one caller: an IPv4 address, or the /64 that an IPv6 customer gets. */
export function network(ip: string): string {
  if (!ip.includes(':')) return ip
  const address = new Address6(ip)
  return address.isMapped4()
    ? address.to4().correctForm()
    : new Address6(`${ip}/64`).startAddress().correctForm()
}
