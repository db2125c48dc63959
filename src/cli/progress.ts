import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  step(count?: number): void
  stop(): void
}

/** A bar on a terminal; nothing elsewhere, where it would fill a log. It is on stderr: stdout is for results. */
export function showProgress(total: number, format = '[{bar}] {value}/{total}'): Progress {
  if (!process.stderr.isTTY) return { step: () => undefined, stop: () => undefined }
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.legacy)
  bar.start(total, 0)
  return { step: (count = 1) => bar.increment(count), stop: () => bar.stop() }
}
