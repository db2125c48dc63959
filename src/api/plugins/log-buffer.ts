import pino from 'pino'

export interface LogStream {
  write(line: string): void
  /** Writes what is buffered, and buffers no more. */
  close?(): void
}

/** Bytes that are gathered before a write, and the milliseconds after which they are written anyway. */
const ENOUGH = 64_000
const LONGEST_WAIT = 500
/** Room for what comes last. */
const SIZE = 80_000
/** A character takes so many bytes at most. */
const WIDEST = 3

/**
 * Standard output for a log with a line for each request: a write for each costs more than the request, and pino's own buffer
 * measures all it holds at each line. Lines become bytes one by one: all the parts of a long text are a burden to the garbage collector.
 * What is left is written when the process exits.
 */
export function bufferedStdout(): LogStream {
  const bytes = Buffer.allocUnsafe(SIZE)
  let filled = 0
  let enough = ENOUGH
  const flush = () => {
    if (filled === 0) return
    stdout.write(bytes.toString('utf8', 0, filled))
    filled = 0
  }
  // Before pino's own listener, which ends the stream.
  process.on('exit', flush)
  const stdout = pino.destination({ dest: 1, sync: false })
  const timer = setInterval(flush, LONGEST_WAIT).unref()

  return {
    write(line) {
      const longest = line.length * WIDEST
      if (longest > SIZE - filled) flush()
      if (longest > SIZE) stdout.write(line)
      else filled += bytes.write(line, filled)
      if (filled > enough) flush()
    },
    close() {
      clearInterval(timer)
      process.off('exit', flush)
      enough = 0
      flush()
    },
  }
}
