/** Half a surrogate pair: never legal in a query, so validation refuses the parameter that holds it. */
const UNDECODABLE = '\uD800'

type Query = Record<string, string | string[]>

const EMPTY: Query = Object.freeze(Object.create(null))

/**
 * Reads a query string. `ids[]=1&ids[]=2`, which axios sends for a list, becomes `ids=1,2`; a name that is repeated without
 * brackets becomes an array, which validation refuses. Never throws: the router calls it outside of any error handling.
 */
export function parseQuery(text: string): Query {
  if (text === '') return EMPTY
  const query: Query = Object.create(null)
  const lists = new Set<string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const key = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1))
    const isList = key.endsWith('[]')
    const name = isList ? key.slice(0, -2) : key
    const before = query[name]
    if (before === undefined) {
      query[name] = value
      if (isList) lists.add(name)
    } else if (isList && typeof before === 'string' && lists.has(name)) {
      query[name] = `${before},${value}`
    } else if (Array.isArray(before)) {
      before.push(value)
    } else {
      query[name] = [before, value]
    }
  }
  return query
}

function decode(text: string) {
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text)
  } catch {
    return UNDECODABLE
  }
}
