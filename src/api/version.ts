/** Which contract a URL speaks. What lies outside `/api/v1` speaks as v2 (wire.md). */
export function isV1(url: string): boolean {
  // The router decodes a path before it matches.
  return startsV1(url) || (url.includes('%') && startsV1(decoded(pathOf(url))))
}

function startsV1(url: string) {
  if (!url.startsWith('/api/v1')) return false
  const next = url.charCodeAt(7)
  // The end, a slash, or a query: `/api/v10` is not v1.
  return Number.isNaN(next) || next === 47 || next === 63
}

export const versionOf = (url: string): 1 | 2 => (isV1(url) ? 1 : 2)

/** The path of a request's URL. The query string may hold what must not be seen in a log or a reply. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

function decoded(path: string) {
  try {
    return decodeURI(path)
  } catch {
    return ''
  }
}
