/** What a session is kept by. */
export interface Tokens {
  accessToken: string
  refreshToken: string
}

/** Where tokens are kept. Bring your own: a keychain, an encrypted file, the session of a server. */
export interface TokenStorage {
  get(): Tokens | undefined | Promise<Tokens | undefined>
  set(tokens: Tokens): void | Promise<void>
  clear(): void | Promise<void>
  /** A name that all tabs and workers have in common that share these tokens: one of them refreshes at a time (Web Locks). */
  readonly shared?: string | undefined
}

/** The part of `localStorage` and `sessionStorage` that is used. */
export interface WebStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** Tokens that are gone with the page or the process. */
export function memoryStorage(): TokenStorage {
  let kept: Tokens | undefined
  return {
    get: () => kept,
    set(tokens) {
      kept = tokens
    },
    clear() {
      kept = undefined
    },
  }
}

/**
 * Tokens in `localStorage`, which all tabs of an origin share, or in `sessionStorage`. Where something else is under the key, nobody is
 * logged in.
 * @param key two clients of one origin that must not share a session need two
 */
export const webStorage = (storage: WebStorage, key = 'commonplace'): TokenStorage => ({
  shared: key,
  get() {
    const text = storage.getItem(key) ?? ''
    try {
      const tokens = JSON.parse(text)
      return typeof tokens.accessToken === 'string' && typeof tokens.refreshToken === 'string'
        ? tokens
        : undefined
    } catch {
      // Nothing, or nothing of ours.
      return undefined
    }
  },
  set: (tokens) => storage.setItem(key, JSON.stringify(tokens)),
  clear: () => storage.removeItem(key),
})
