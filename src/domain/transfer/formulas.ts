/**
 * Cells that spreadsheets would run. One that begins like a formula, also behind a line break or what other programs take for the end
 * of a cell, gets an apostrophe before it, which spreadsheets show as text (OWASP, "CSV Injection"). The apostrophe is taken away
 * again on import: where a text has apostrophes of its own there it gets one more, so each text comes back as it was.
 */
const RISKY = String.raw`(?:^(?='*[=+\-@＝＋－＠\t\r\n])|(?<=[;|\t\r\n])(?='*[=+\-@＝＋－＠]))`
const UNGUARDED = new RegExp(RISKY, 'g')
const GUARD = new RegExp(RISKY.replaceAll("(?='*", "'(?='*"), 'g')
/** Most texts have nothing of it. */
const SUSPECT = /[=+\-@＝＋－＠\t\r\n]/

export const guard = (text: string): string =>
  SUSPECT.test(text) ? text.replace(UNGUARDED, "'") : text

export const unguard = (cell: string): string =>
  cell.includes("'") ? cell.replace(GUARD, '') : cell
