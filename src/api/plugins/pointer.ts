import type { Violation } from '../../base/errors.ts'

export type Part = Violation['in']

/** Steps of a pointer that are told: a body may be nested as deep as it is long. */
const DEEPEST = 16

/** `/operations/3/value/title` is `operations[3].value.title` to people. */
export function nameOf(pointer: string, part: Part): string {
  if (pointer === '') return part === 'body' ? 'The body' : `The ${part}`
  const steps = pointer.slice(1).split('/').map(unescape)
  const named = steps.map((step, i) =>
    /^\d+$/.test(step) ? `[${step}]` : (i > 0 ? '.' : '') + clip(step),
  )
  return named.length > DEEPEST ? `${named.slice(0, DEEPEST).join('')}…` : named.join('')
}

/** A step of a pointer (RFC 6901, section 3): of a name that is longer than any of ours, the beginning. */
export function escape(step: string): string {
  return clip(step).replaceAll('~', '~0').replaceAll('/', '~1')
}

export function unescape(step: string) {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** A name that an attacker chose may be as long as a body. */
export function clip(text: string) {
  return text.length > 64 ? `${text.slice(0, 64).toWellFormed()}…` : text
}
