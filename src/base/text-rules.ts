import { ValidationFailed, type Violation } from './errors.ts'
import { isStreamSafe, MOST_MARKS } from './stream-safe.ts'
import { codePoints, isStorable } from './text.ts'
import type { ViolationCode } from './violation-code.ts'

/** What is wrong with a text. The detail completes the sentence that begins with the member's name. */
export interface Fault {
  code: ViolationCode
  detail: string
}

/** What a text must be, and what is kept of it. */
export interface TextRule {
  /**
   * Inclusive bounds in Unicode code points, which is what `minLength` and `maxLength` of JSON Schema count too. What is far above them
   * is not looked into.
   */
  length: readonly [min: number, max: number]
  /** The normalised text, or what is wrong with it. */
  judge(text: string): string | Fault
}

export const NOT_STORABLE: Fault = {
  code: 'invalid_characters',
  detail: 'must not contain NUL or lone surrogates',
}
/** It would take time with the square of their number to normalise it (S79). */
export const TOO_MANY_MARKS: Fault = {
  code: 'too_many_marks',
  detail: `must not have more than ${MOST_MARKS} marks in a row`,
}

/**
 * A copy of `input` in which every text that has a rule is normalised. Other members, null and undefined stay as they are.
 * @param others violations that were found elsewhere, such as those of the password
 * @throws ValidationFailed with every violation at once, in the order of the rules
 */
export function checkTexts<T extends object>(
  rules: Readonly<Record<string, TextRule>>,
  input: T,
  others: readonly Violation[] = [],
): T {
  const violations: Violation[] = []
  const given = input as Record<string, unknown>
  const kept: Record<string, string> = {}
  for (const name in rules) {
    const text = given[name]
    if (typeof text !== 'string') continue
    const result = judgeText(rules[name]!, text)
    if (typeof result === 'string') kept[name] = result
    else violations.push(violation(`/${name}`, result.code, result.detail))
  }
  violations.push(...others)
  if (violations.length > 0) throw new ValidationFailed(violations)
  return { ...input, ...kept }
}

/** A text as it is kept, or what is wrong with it. One that is far too long is not read; what else it is asked before its rule takes time that grows with it alone. */
export function judgeText({ length: [, most], judge }: TextRule, text: string): string | Fault {
  if (isFarTooLong(text, most)) return tooLong(most)
  if (!isStorable(text)) return NOT_STORABLE
  return isStreamSafe(text) ? judge(text) : TOO_MANY_MARKS
}

/** One thing that is wrong with the body; `detail` completes the sentence that begins with the member's name. */
export function violation(path: string, code: ViolationCode, detail: string): Violation {
  return { in: 'body', path, code, detail: `${path.slice(path.lastIndexOf('/') + 1)} ${detail}` }
}

/**
 * Whether a text has more than `most` code points in whatever normal form, known without a look at it: each of them comes of four at most,
 * each of those of two units.
 */
export const isFarTooLong = (text: string, most: number): boolean => text.length > 8 * most

export function sized(text: string, [min, max]: readonly [number, number]): string | Fault {
  const length = codePoints(text)
  if (length > max) return tooLong(max)
  if (length < min) return { code: 'too_short', detail: `must have at least ${characters(min)}` }
  return text
}

const tooLong = (most: number): Fault => ({
  code: 'too_long',
  detail: `must have at most ${most} characters`,
})

const characters = (count: number) => (count === 1 ? '1 character' : `${count} characters`)
