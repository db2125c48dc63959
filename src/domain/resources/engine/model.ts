import { sql } from '../../../db/drizzle.ts'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { checkTexts, type TextRule } from '../../../base/text-rules.ts'
import { searchText } from '../../search/search-text.ts'
import { type AnyResource, camel } from '../resource.ts'
import { keysOf } from './table.ts'

/** A record or the columns of a row, by their names inside. */
export type Values = Record<string, unknown>

/** What follows from a declaration for the values of its records, worked out once. */
export function modelOf({ members, list, also }: AnyResource) {
  const all = Object.entries(members).map(([name, member]) => ({
    name,
    inside: camel(name),
    member,
    keys: keysOf(name, member).map(({ inside }) => inside),
  }))
  const rules: Record<string, TextRule> = Object.fromEntries(
    all.flatMap(({ name, member: { rule } }) => (rule ? [[name, rule]] : [])),
  )
  const optional = all.flatMap(({ inside, member: { need, otherwise } }) =>
    need === 'optional' ? [[inside, otherwise] as const] : [],
  )
  const sorted = all.filter(({ keys }) => keys.length > 0)
  const searched = list.searched.map(camel)

  return {
    members: all,
    /** What the texts must be. */
    rules,
    /** The columns that a record shows, beside its owner. */
    shown: ['id', ...all.map(({ inside }) => inside), 'userId', 'revision'],
    /** What was given, with its texts as they are kept. @throws ValidationFailed with every violation at once */
    check: <T extends object>(given: T): T => checkTexts(rules, given),
    /** The columns of a new record, without those that follow from others. @throws ValidationFailed */
    complete(given: object): Values {
      const row: Values = checkTexts(rules, given as Values)
      for (const [inside, otherwise] of optional)
        if (row[inside] === undefined) row[inside] = otherwise
      return row
    },
    /** The columns that follow from the others: what the record is sorted and searched by, and what is its own. */
    derive(row: Values): Values {
      const derived: Values = { ...also?.derive(row) }
      for (const { inside, member, keys } of sorted) {
        const values = member.keys!.of(row[inside])
        for (const [i, key] of keys.entries()) derived[key] = values[i]
      }
      const texts = searched.map((inside) => row[inside] as string | null)
      derived['searchText'] = searchText(texts, [ownerTag(Number(row['userId']))])
      return derived
    },
    /** What the members of a body are inside. @throws ValidationFailed */
    read(body: object): Values {
      const given = body as Values
      const input: Values = {}
      for (const { name, inside, member } of all) {
        const value = given[name]
        if (value === undefined) continue
        input[inside] = value === null || !member.read ? value : member.read(value as never, name)
      }
      return input
    },
  }
}
export type Model = ReturnType<typeof modelOf>

/** A word beside the words of a record that no text can hold, so that the search index itself finds the records of one owner. */
export const ownerTag = (userId: number) => `_u${userId}`

/** The name of whoever owns a record, in the same query. */
export const ownerName = (userId: PgColumn) =>
  sql<string>`(select username from users where users.id = ${userId})`
