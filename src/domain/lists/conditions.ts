import type { SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { sql } from '../../db/drizzle.ts'
import { $, type Store } from '../../db/store.ts'
import { needleOf, type Term, tsqueryOf } from '../search/terms.ts'
import type { Declaration, Listed } from './declaration.ts'

/** What stands among the filters of a shape for a search, with the number of needles that it has. */
const SEARCH = /^q(\d+)$/

/** An index in the order of a sort that leads to no more than some filters pass. */
export interface Path {
  field: string
  led: readonly string[]
}

/** The conditions of a declared list in SQL. */
export function createConditions<T extends Listed>(
  engine: Store['engine'],
  { name, filters, scope, search }: Declaration<T>,
  source: T,
) {
  const instr = sql.raw(engine === 'sqlite' ? 'instr' : 'strpos')
  const where = (filter: string): SQL[] => {
    const needles = SEARCH.exec(filter)?.[1]
    if (search && needles !== undefined) return searched(search.text(source), Number(needles))
    const condition = filters[filter]?.where(
      source,
      (compared) => $(filter, compared),
      (compared) => $('now', compared),
    )
    return condition ? [condition] : []
  }
  /** SQLite looks for each term in the text itself, PostgreSQL asks its index, and looks for phrases. */
  const searched = (text: PgColumn, needles: number): SQL[] => [
    ...(engine === 'postgres'
      ? [sql`${sql.identifier(name)}.search_vector @@ ${$('tsquery')}::tsquery`]
      : []),
    ...Array.from(
      { length: needles },
      (_, i) => sql`${instr}(' ' || ${text} || ' ', ${$(`needle${i}`, text)}) > 0`,
    ),
  ]

  /** What a filter and those beside it lead to in the order of a sort, with what bounds that sort. */
  function led(applied: readonly string[], field: string, filter?: string): string[] {
    const beside = filter === undefined ? undefined : filters[filter]?.beside
    return applied.filter(
      (one) => one === filter || one === beside || filters[one]?.bounds === field,
    )
  }
  /** The filters that an index goes by, the most telling first. */
  const leaders = (applied: readonly string[]) =>
    Object.keys(filters).filter((filter) => {
      const { leads, beside } = filters[filter] ?? {}
      return leads && applied.includes(filter) && (beside === undefined || applied.includes(beside))
    })
  /** Those of the filters that the index of a sort goes by, so that it leads to nothing else. */
  const leading = (applied: readonly string[], field: string) =>
    led(
      applied,
      field,
      leaders(applied).find((filter) => filters[filter]?.leads?.includes(field)),
    )
  /** Every index that goes by some of the filters. */
  function paths(applied: readonly string[]): Path[] {
    const alone = new Set(applied.flatMap((filter) => filters[filter]?.bounds ?? []))
    return [
      ...leaders(applied).map((filter) => {
        const [field = ''] = filters[filter]?.leads ?? []
        return { field, led: led(applied, field, filter) }
      }),
      ...Array.from(alone, (field) => ({ field, led: led(applied, field) })),
    ]
  }

  return {
    leading,
    paths,
    scoped: scope ? [scope(source, (compared) => $('scope', compared))] : [],
    where: (applied: readonly string[]) => applied.flatMap(where),
    /** How many words or phrases are looked for in texts; undefined when nothing is searched for. */
    words(applied: readonly string[]): number | undefined {
      const [, needles] = applied.map((one) => SEARCH.exec(one)).find((one) => one !== null) ?? []
      return needles === undefined ? undefined : Number(needles)
    },
    /** What a search adds to the filters of a shape, and to the values of its statement. */
    asked(terms: readonly Term[], owner: number | undefined) {
      const tag = owner === undefined ? undefined : search?.tag?.(owner)
      const tags = tag === undefined ? [] : [tag]
      const sought = engine === 'sqlite' ? terms : terms.filter(({ words }) => words.length > 1)
      return {
        search: `q${sought.length}`,
        tags,
        values: {
          tsquery: tsqueryOf(terms, tags),
          ...Object.fromEntries(sought.map((term, i) => [`needle${i}`, needleOf(term)])),
        },
      }
    },
  }
}
export type Conditions = ReturnType<typeof createConditions>
