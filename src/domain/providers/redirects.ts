/** What every browser reads alike: printable ASCII, and no backslash, which they take for a slash. */
const PLAIN = /^[!-[\]-~]{1,1000}$/

/**
 * Where a sign-in may end: on pages of these origins, and at what the rules name: a URL as it is, or with a star at its end
 * everything below.
 * @returns a check that reads a URL as browsers do, and gives undefined for one that is not allowed
 */
export const createRedirects =
  (origins: readonly string[], rules: readonly string[]) =>
  (text: string): URL | undefined => {
    const url = PLAIN.test(text) ? URL.parse(text) : null
    // A character may become three, and what the browser keeps of it has no room for more.
    if (!url || !PLAIN.test(url.href)) return undefined
    if (url.username + url.password + url.hash !== '' || text.includes('#')) return undefined
    if (/^https?:$/.test(url.protocol) && origins.includes(url.origin)) return url
    // A slash or a dot in disguise could lead out of what is below.
    const address = url.href.slice(0, url.href.length - url.search.length)
    const isPlain = !/%(2e|2f|5c)/i.test(address)
    const isAllowed = rules.some((rule) =>
      rule.endsWith('/*') ? isPlain && address.startsWith(rule.slice(0, -1)) : address === rule,
    )
    return isAllowed ? url : undefined
  }
