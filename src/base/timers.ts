/** The only source of what happens again and again in the domain. */
export interface Timers {
  /** Calls `work` every so many milliseconds, until what it returns is called. Keeps no process alive. */
  every(ms: number, work: () => void): () => void
}

export const systemTimers: Timers = {
  every(ms, work) {
    const timer = setInterval(work, ms).unref()
    return () => clearInterval(timer)
  },
}
