/** Handles for all but the callers: files of the database and the code, the threads, and connections to other servers. */
const LEAST_RESERVED = 64
/** More connections than these cost more memory than they should, whatever the limit. */
const MOST = 10_000

/** How many connections a process may have open that may have so many handles: three quarters of them, and 64 less at least. */
export const connectionsWithin = (handles: number): number =>
  Math.max(1, Math.min(MOST, handles - LEAST_RESERVED, Math.floor(handles * 0.75)))

/** The handles that the process may have (`ulimit -n`); where none is told (Windows) there is no limit. */
export function handleLimit(): number {
  // The cast: its type is a bare object.
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: unknown } }
  }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : Infinity
}
