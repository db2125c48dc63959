import type { Violation } from '../../base/errors.ts'
import { isStreamSafe, MOST_MARKS } from '../../base/stream-safe.ts'
import type { ViolationCode } from '../../base/violation-code.ts'
import { type Limit, limited } from './limit.ts'
import { clip, escape, nameOf, type Part } from './pointer.ts'

type Members = Readonly<Record<string, unknown>>
type Fault = readonly [code: ViolationCode, detail: string]

const NONE: readonly Violation[] = []
const NUL: Fault = ['malformed_text', 'must not contain the character NUL']
const HALVED: Fault = ['malformed_text', 'must be well-formed Unicode text']
const MARKED: Fault = ['too_many_marks', `must not have more than ${MOST_MARKS} marks in a row`]

/**
 * Finds the strings that no database keeps as they are: PostgreSQL refuses NUL, both engines replace half a surrogate pair. In a query
 * also those that take long to normalise; in a body the rules of the members do (a password is not kept).
 * Iterative; the usual flat body needs no list of what is left.
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
        const fault = faultOf(value, part)
        if (fault) report((found ??= limited()), `${path}/${escape(key)}`, fault, part)
      } else if (hasMembers(value) && isShort(key)) {
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

/** No member of ours has a longer name, and to tell what is in it would repeat the name each time. */
const isShort = (key: string) => clip(key) === key

function faultOf(text: string, part: Part): Fault | undefined {
  if (text.includes('\0')) return NUL
  if (!text.isWellFormed()) return HALVED
  return part === 'body' || isStreamSafe(text) ? undefined : MARKED
}

function report(found: Limit, path: string, [code, fault]: Fault, part: Part) {
  if (!found.takes(path)) return
  const detail = `${nameOf(path, part)} ${fault}`
  found.add({ in: part, path: part === 'body' ? path : path.slice(1), code, detail })
}
