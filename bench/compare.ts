import { median, type Bench, type Line } from './bench.ts'
import { load, type Load, type LoadOptions } from './load.ts'
import type { Server } from './servers.ts'

/**
 * `cpu`: requests per second of the server's own CPU time. It is what a core of its own would answer, also when the load
 * generator is slower than the server (autocannon cannot keep up with a bare one) or other programs use the core.
 * `time`: replies per second, for work that waits: for the disk, above all.
 */
type Measure = 'cpu' | 'time'

interface Comparison {
  row: string
  ours: Server
  reference: Server
  load: Omit<LoadOptions, 'duration'>
  /** What the reference gets, when not the same. */
  referenceLoad?: Omit<LoadOptions, 'duration'>
  measure: Measure
  /** The least ratio; none when the line is for information. */
  target?: number
  note?: string
}

/** Loads both in turn, A B A B, after a warm-up of each, and judges the median of the ratios of the pairs. */
export async function compare(bench: Bench, comparison: Comparison): Promise<Line> {
  const { row, ours, reference, measure, target } = comparison
  const { rounds, duration, say } = bench
  const run = (server: Server, seconds: number) => {
    const { load: same, referenceLoad = same } = comparison
    return load(server, { ...(server === ours ? same : referenceLoad), duration: seconds })
  }
  const warmUp = Math.min(duration, 2)
  await run(ours, warmUp)
  await run(reference, warmUp)

  const pairs: Array<{ ours: Load; reference: Load }> = []
  for (let round = 1; round <= rounds; round += 1) {
    const pair = { ours: await run(ours, duration), reference: await run(reference, duration) }
    pairs.push(pair)
    const ratio = ratioOf(pair, measure).toFixed(2)
    say(`${row}: ${round}/${rounds}, ratio ${ratio}`)
  }

  const judged = pairs.map((pair) => ratioOf(pair, measure))
  const ratio = median(judged)
  const [least, most] = [Math.min(...judged), Math.max(...judged)].map((one) => one.toFixed(2))
  const both = (figure: (one: Load) => number, format: (value: number) => string) =>
    (['ours', 'reference'] as const)
      .map((side) => format(median(pairs.map((pair) => figure(pair[side])))))
      .join(' to ')
  const unit = measure === 'cpu' ? 'req/cpu-s' : 'req/s'
  const rate = (side: 'ours' | 'reference') =>
    `${whole(median(pairs.map((pair) => rateOf(pair[side], measure))))} ${unit}`
  return {
    row,
    ours: rate('ours'),
    reference: rate('reference'),
    ratio,
    target: target === undefined ? '' : `>= ${target.toFixed(2)}`,
    met: target === undefined ? undefined : ratio >= target,
    note: [
      `ratios ${least} to ${most}`,
      `${both(({ perSecond }) => perSecond, whole)} req/s`,
      `core busy ${both(
        ({ busy }) => busy,
        (value) => `${Math.round(value * 100)} %`,
      )}`,
      ...(comparison.note ? [comparison.note] : []),
    ].join('; '),
  }
}

export const whole = (value: number) => Math.round(value).toLocaleString('en-US')

/** Where /proc does not tell the CPU time, replies per second are all there is. */
const rateOf = ({ perCpuSecond, perSecond }: Load, measure: Measure) =>
  measure === 'cpu' && Number.isFinite(perCpuSecond) ? perCpuSecond : perSecond

const ratioOf = ({ ours, reference }: { ours: Load; reference: Load }, measure: Measure) =>
  rateOf(ours, measure) / rateOf(reference, measure)
