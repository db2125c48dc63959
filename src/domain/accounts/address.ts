import { domainToASCII, domainToUnicode } from 'node:url'
import { normalised } from '../../base/stream-safe.ts'

/** Octets of the part before the "@", and of all of it, as it is handed to a mail server (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3). */
export const OCTETS = { local: 64, all: 254 }
/** A code point has two units at most: what is longer is no address, and is not looked at. */
const UNITS = 2 * OCTETS.all

// Dot-string of RFC 5321, section 4.1.2, with the characters of RFC 6531, section 3.3, as far as somebody sees them. No quoted
// string: mail programs differ in what they read in one.
const ATOM = String.raw`(?:[a-zA-Z0-9!#$%\&'*+\/=?^_\x60\{\|\}~\-]|[\P{ASCII}--[\p{C}\p{Z}\p{DI}]])+`
const LOCAL = new RegExp(String.raw`^${ATOM}(?:\.${ATOM})*$`, 'v')
/** Before it is mapped. A URL would read a percent sign, a colon or a slash; the two joiners belong to words. */
const DOMAIN = /^(?:[a-zA-Z0-9.\-]|[\P{ASCII}--[\p{C}\p{Z}\p{DI}]]|[\u200C\u200D])+$/v
/** A host name (RFC 1123, section 2.1). One of digits at the end is an address of IPv4. */
const HOST =
  /^(?!(?:.*\.)?\d+$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A label that says it is encoded, and is not (RFC 3492). */
const UNDECODED = /(?:^|\.)xn--/

/**
 * The one mailbox that an address means, as it is told to a mail server: the part before the "@" as it is, the domain in ASCII (UTS 46,
 * nontransitional). Two spellings of one mailbox give the same text, but for upper and lower case before the "@".
 * @returns undefined when it is not the address of a mailbox
 */
export function mailboxOf(address: string): string | undefined {
  const [local, host] = partsOf(address) ?? []
  return local === undefined || host === undefined ? undefined : `${local}@${host}`
}

/** What addresses are kept unique by, and found by: that of the mailbox, whatever the case. One that is no mailbox has its own. */
export function foldEmail(address: string): string {
  const [local, host] = partsOf(address) ?? []
  return local === undefined || host === undefined
    ? foldAsSpelled(address)
    : `${foldAsSpelled(local)}@${host}`
}

/** What addresses were found by before their domains were compared in ASCII. Where two such are one mailbox, the later keeps it. */
export function foldAsSpelled(address: string): string {
  return address.length > UNITS ? address : normalised(address.toLowerCase(), 'NFC')
}

/** Whether two addresses are one to us, however they are spelled. */
export function isSameMailbox(one: string, other: string | undefined): boolean {
  return other !== undefined && foldEmail(one) === foldEmail(other)
}

function partsOf(address: string): [local: string, host: string] | undefined {
  if (address.length > UNITS) return undefined
  const text = normalised(address, 'NFC')
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const host = hostOf(text.slice(at + 1))
  // Nor may it become something else where a mail program normalises it: a fullwidth "@" is one then.
  const isLocal = at > 0 && LOCAL.test(local) && LOCAL.test(normalised(local, 'NFKD'))
  if (!isLocal || host === undefined) return undefined
  const octets = Buffer.byteLength(local)
  if (octets > OCTETS.local || octets + 1 + host.length > OCTETS.all) return undefined
  return [local, host]
}

function hostOf(domain: string): string | undefined {
  if (!DOMAIN.test(domain)) return undefined
  const host = domainToASCII(domain)
  return HOST.test(host) && !UNDECODED.test(domainToUnicode(host)) ? host : undefined
}
