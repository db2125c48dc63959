import type { Violation } from '../../domain/errors.ts'
import { type Limit, limited } from './limit.ts'
import { escape, nameOf, type Part } from './pointer.ts'

type Members = Readonly<Record<string, unknown>>

const NONE: readonly Violation[] = []

/**
 * Finds the strings that no database keeps as they are: PostgreSQL refuses NUL, both engines replace half a surrogate pair.
 * Iterative, because a body may be nested deeper than the stack; the usual flat one needs no list of what is left.
 */
export function unstorable(root: unknown, part: Part): readonly Violation[] {
  if (!hasMembers(root)) return NONE
  let found: Limit | undefined
  let pending: [path: string, members: Members][] | undefined
  let path = ''
  let members = root
  for (;;) {
    for (const key in members) {
      const value = members[key]
      if (typeof value === 'string') {
        const fault = faultOf(value)
        if (fault) (found ??= limited()).add(violation(`${path}/${escape(key)}`, fault, part))
      } else if (hasMembers(value)) {
        pending ??= []
        pending.push([`${path}/${escape(key)}`, value])
      }
    }
    const next = pending?.pop()
    if (next === undefined) return found?.violations ?? NONE
    ;[path, members] = next
  }
}

function hasMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function faultOf(text: string) {
  if (text.includes('\0')) return 'must not contain the character NUL'
  return text.isWellFormed() ? undefined : 'must be well-formed Unicode text'
}

function violation(path: string, fault: string, part: Part): Violation {
  const detail = `${nameOf(path, part)} ${fault}`
  return { in: part, path: part === 'body' ? path : path.slice(1), code: 'malformed_text', detail }
}
