import { domainToASCII } from 'node:url'

/** Whom mails come from. */
export interface Sender {
  /** Empty when there is none. */
  name: string
  address: string
}

/** A dot-atom of RFC 5322: what every mail server takes, with or without SMTPUTF8. */
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/
const QUOTED = /^"(?<text>(?:[^"\\]|\\.)*)"$/

/**
 * Reads `Name <address>`, `"Name" <address>` or an address alone. The name is everything before the address, whatever is in it: what a
 * header would mean by commas, colons and parentheses, nobody means here.
 * @returns undefined when it is no sender
 */
export function parseSender(text: string): Sender | undefined {
  const { name = '', inBrackets, alone } = SENDER.exec(text)?.groups ?? {}
  const address = toAddress(inBrackets ?? alone ?? '')
  if (address === undefined) return undefined
  const quoted = QUOTED.exec(name.trim())?.groups?.['text']
  return { name: quoted?.replaceAll(/\\(.)/g, '$1') ?? name.trim(), address }
}

const SENDER = /^(?:(?<name>[^\p{Cc}<>]*)<(?<inBrackets>[^\s<>]+)>|(?<alone>[^\s<>]+))$/u

function toAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const domain = domainToASCII(text.slice(at + 1))
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local) || !DOMAIN.test(domain))
    return undefined
  return `${local}@${domain}`
}
