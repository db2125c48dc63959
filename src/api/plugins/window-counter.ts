/** How many requests have been made in a window, and the milliseconds until it ends. */
export interface Counted {
  used: number
  left: number
}

/** A fixed window of requests. `now` and `windowMs` are milliseconds of one clock that never goes back. */
export interface WindowCounter {
  /** Counts one request of `key`. */
  count(key: string, now: number): Counted
  /** Takes one request of `key` back. @returns what is left of the window; undefined when it has ended */
  giveBack(key: string, now: number): Counted | undefined
  /** Takes over what others have said of `key`, at `now`: the higher count, the sooner end. */
  learn(key: string, counted: Counted, now: number): void
}

interface Window {
  used: number
  ends: number
}

/**
 * Counts in memory, in a Map whose order is the order of the windows: what must go when `capacity` is reached is the window that
 * ends first, so a flood of new keys frees nobody who is limited before their time is nearly up. (A window that ends sooner by
 * what others say keeps its place.)
 */
export function createWindowCounter(windowMs: number, capacity: number): WindowCounter {
  const windows = new Map<string, Window>()

  function open(key: string, now: number): Window {
    windows.delete(key)
    if (windows.size >= capacity) forget()
    const window = { used: 0, ends: now + windowMs }
    windows.set(key, window)
    return window
  }

  function forget() {
    for (const [oldest] of windows) {
      windows.delete(oldest)
      return
    }
  }

  return {
    count(key, now) {
      let window = windows.get(key)
      if (window === undefined || window.ends <= now) window = open(key, now)
      window.used += 1
      return { used: window.used, left: window.ends - now }
    },
    giveBack(key, now) {
      const window = windows.get(key)
      if (window === undefined || window.ends <= now) return undefined
      window.used -= 1
      return { used: window.used, left: window.ends - now }
    },
    learn(key, { used, left }, now) {
      const window = windows.get(key)
      if (window === undefined) return
      window.used = Math.max(window.used, used)
      window.ends = Math.min(window.ends, now + left)
    },
  }
}
