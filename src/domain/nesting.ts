/** Levels that a JSON text may have, where the deepest body of ours has five: whatever walks through one needs no more of the stack. */
export const MOST_LEVELS = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACKETS = { opening: 0x5b, closing: 0x5d }
const BRACES = { opening: 0x7b, closing: 0x7d }

/** Whether a JSON text (RFC 8259) is nested deeper than 32 levels, found without parsing it. Of what is no JSON the answer means nothing. */
export function isTooDeep(json: string): boolean {
  let level = 0
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at)
    if (character === QUOTE) at = endOfText(json, at)
    else if (character === BRACKETS.opening || character === BRACES.opening) {
      if (++level > MOST_LEVELS) return true
    } else if (character === BRACKETS.closing || character === BRACES.closing) level -= 1
  }
  return false
}

/** Where the text that begins at a quote ends. */
function endOfText(json: string, begin: number): number {
  let end = begin
  do end = json.indexOf('"', end + 1)
  while (end !== -1 && isEscaped(json, end))
  return end === -1 ? json.length : end
}

/** Whether an odd number of backslashes is before a character. */
function isEscaped(json: string, at: number): boolean {
  let before = at - 1
  while (json.charCodeAt(before) === BACKSLASH) before -= 1
  return (at - before) % 2 === 0
}
