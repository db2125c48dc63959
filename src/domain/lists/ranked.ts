import type { Store } from '../../db/store.ts'
import { type Read, readFor, scores } from '../search/ranking.ts'
import type { Term } from '../search/terms.ts'
import type { Position } from './cursors.ts'
import { inOrder } from './order.ts'
import type { Shapes } from './shapes.ts'

/** Hits that are ranked: the newest. */
export const RANKED = 1000
/** Texts that are read at once. Each may have 1 MB, of which the beginning is looked at. */
const TEXTS = 32

/** Ranks records by how well they match. @returns their places in ascending order: the best comes last */
export async function rank(
  store: Store,
  { texts, given }: Shapes,
  terms: readonly Term[],
  records: readonly Position[],
): Promise<Position[]> {
  const reads: Read[] = []
  if (!texts) return []
  for (let from = 0; from < records.length; from += TEXTS) {
    const ids = records.slice(from, from + TEXTS).map(({ id }) => id)
    const rows = await store.step(texts, { ids: given(ids) })
    reads.push(...rows.map((row) => readFor(terms, row)))
  }
  const scored = scores(terms, reads)
  return reads.map(({ id }, i) => ({ key: scored[i]!, id })).toSorted(inOrder)
}
