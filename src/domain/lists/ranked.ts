import type { Store } from '../../db/store.ts'
import { type Read, readFor, scores } from '../search/ranking.ts'
import type { Term } from '../search/terms.ts'
import type { Position } from './cursors.ts'
import { inOrder } from './order.ts'
import { createPace, mostSearched } from './pace.ts'
import type { Shapes } from './shapes.ts'

/** Hits that are ranked: the newest. */
export const RANKED = 1000

/** Ranks records by how well they match. @returns their places in ascending order: the best comes last */
export async function rank(
  store: Store,
  { texts, given }: Shapes,
  terms: readonly Term[],
  records: readonly Position[],
): Promise<Position[]> {
  if (!texts) return []
  const reads: Read[] = []
  const pace = createPace(Infinity, mostSearched(terms.length))
  for (let from = 0; from < records.length;) {
    const ids = records.slice(from, from + pace.size).map(({ id }) => id)
    await pace.measure(async () => {
      const rows = await store.step(texts, { ids: given(ids) })
      reads.push(...rows.map((row) => readFor(terms, row)))
    })
    from += ids.length
  }
  const scored = scores(terms, reads)
  return reads.map(({ id }, i) => ({ key: scored[i]!, id })).toSorted(inOrder)
}
