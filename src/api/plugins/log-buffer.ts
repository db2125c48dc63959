import pino from 'pino'

export interface LogStream {
  write(line: string): void
  /** Writes what is buffered, and buffers no more. */
  close?(): void
}

/** Characters that are gathered before a write, and the milliseconds after which they are written anyway. */
const ENOUGH = 64_000
const LONGEST_WAIT = 500

/**
 * Standard output for a log with a line for each request: a write for each costs more than the request, and pino's own buffer
 * measures all it holds at each line. What is left is written when the process exits.
 */
export function bufferedStdout(): LogStream {
  let lines = ''
  let enough = ENOUGH
  const flush = () => {
    if (lines === '') return
    stdout.write(lines)
    lines = ''
  }
  // Before pino's own listener, which ends the stream.
  process.on('exit', flush)
  const stdout = pino.destination({ dest: 1, sync: false })
  const timer = setInterval(flush, LONGEST_WAIT).unref()

  return {
    write(line) {
      lines += line
      if (lines.length > enough) flush()
    },
    close() {
      clearInterval(timer)
      process.off('exit', flush)
      enough = 0
      flush()
    },
  }
}
