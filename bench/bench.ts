import type { Cores } from './cores.ts'
import type { Data } from './data.ts'

export interface Bench {
  data: Data
  cores: Cores
  /** Seconds of one run. */
  duration: number
  /** Runs of each side. */
  rounds: number
  /** Rows of the large tables. */
  many: number
  /** Requests before the memory is read. */
  requests: number
  /** Tells on stderr how far it is. */
  say: (text: string) => void
}

/** One line of the table. */
export interface Line {
  row: string
  ours: string
  reference: string
  /** What is judged: of a comparison ours by reference, of a limit what was measured by the limit. */
  ratio: number
  target: string
  /** Undefined for a line that is there for information. */
  met: boolean | undefined
  /** Absolute figures, and what else helps to judge the line. */
  note: string
}

export interface Row {
  name: string
  run(bench: Bench): Promise<Line[]>
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** A line about something that must stay below a limit. */
export function limitLine(line: {
  row: string
  value: number
  limit: number
  unit: string
  note: string
}): Line {
  const { row, value, limit, unit, note } = line
  return {
    row,
    ours: `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`,
    reference: `${limit} ${unit}`,
    ratio: value / limit,
    target: '< 1.00',
    met: value < limit,
    note,
  }
}
