import type { Line } from './bench.ts'

const HEADS = ['row', 'ours', 'reference', 'ratio', 'target', '']

/** One aligned table; what is only information stands below, by the number of its line. */
export function table(lines: Line[]): string {
  const cells = lines.map(({ row, ours, reference, ratio, target, met }, i) => [
    `${String(i + 1).padStart(2)}  ${row}`,
    ours,
    reference,
    ratio.toFixed(2),
    target,
    met === undefined ? 'for information' : met ? 'met' : 'MISSED',
  ])
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const render = (row: string[]) =>
    row
      .map((cell, i) =>
        i === 0 || i > 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  const notes = lines.flatMap(({ note }, i) =>
    note === '' ? [] : [`${String(i + 1).padStart(2)}  ${note}`],
  )
  return [render(['    row', ...HEADS.slice(1)]), rule, ...cells.map(render), '', ...notes].join(
    '\n',
  )
}
