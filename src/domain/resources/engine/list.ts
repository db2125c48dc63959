import type { PgColumn } from 'drizzle-orm/pg-core'
import { eq } from '../../../db/drizzle.ts'
import type { Declaration, Filter, Listed } from '../../lists/declaration.ts'
import { type AnyResource, camel, type MemberFilter } from '../resource.ts'
import type { MemberColumns } from '../member.ts'
import { modelOf, ownerName, ownerTag } from './model.ts'
import { keysOf } from './table.ts'

/** A list that can be searched, of records of which no more is known. */
export type SearchedList = Declaration<OwnedTable> &
  Pick<Required<Declaration<OwnedTable>>, 'search'>
/** A table of a resource, to what does not know which. */
export type OwnedTable = Listed &
  Record<'userId' | 'revision' | 'createdAt' | 'updatedAt', PgColumn>
const columnsOf = (table: object) => table as Record<string, PgColumn>

/** The list of a resource that v2 has, as data. */
export function listOf(resource: AnyResource) {
  const { table: name, members, list, read } = resource
  const { shown } = modelOf(resource)
  const isPrivate = read === 'owner'
  const sorted = new Set(list.sorts)

  function columns(table: object, member: string): MemberColumns {
    const all = columnsOf(table)
    return {
      own: all[camel(member)]!,
      keys: keysOf(member, members[member]!).map(({ inside }) => all[inside]!),
    }
  }
  function filterBy({ by, how, indexed }: MemberFilter): Filter<object> {
    if (by === 'user_id')
      return {
        kind: 'integer',
        where: (table, given) =>
          eq(columnsOf(table)['userId']!, given(columnsOf(table)['userId']!)),
        leads: ['created_at', 'id'],
      }
    const { filter, keys, nullable } = members[by]!
    const compare = filter?.[how]
    if (!filter || !compare) throw new Error(`${name} cannot be filtered by ${by}: ${how}`)
    const isOrdered = sorted.has(by)
    return {
      kind: filter.kind,
      where: (table, given) => compare(columns(table, by), given),
      // A moment that may be absent is not what its list is sorted by.
      ...(how !== 'equals' &&
        isOrdered &&
        (keys ? filter.kind === 'integer' : !nullable) && { bounds: by }),
      ...(indexed && { leads: [indexed] }),
      ...(how === 'equals' && isOrdered && !isPrivate && keys && { leads: [by, 'id'] }),
    }
  }

  return {
    name,
    shown: (table) => ({
      ...Object.fromEntries(
        shown
          .filter((inside) => inside !== 'revision')
          .map((inside) => [inside, columnsOf(table)[inside]!]),
      ),
      ...(!isPrivate && { username: ownerName(table.userId) }),
    }),
    ...(isPrivate && { scope: ({ userId }, given) => eq(userId, given(userId)) }),
    filters: Object.fromEntries(
      Object.entries(list.filters).map(([filter, declared]) => [
        filter,
        'by' in declared
          ? filterBy(declared)
          : {
              kind: declared.kind,
              where: (table, given, now) => declared.where(columnsOf(table), given, now),
            },
      ]),
    ),
    sorts: Object.fromEntries(
      [...list.sorts, 'id'].map((member) => [
        member,
        (table, direction) => {
          if (member === 'id') return table.id
          const { own, keys } = columns(table, member)
          return keys[direction === 'desc' ? keys.length - 1 : 0] ?? own
        },
      ]),
    ),
    search: {
      text: (table) => columnsOf(table)['searchText']!,
      ...(isPrivate && { tag: ownerTag }),
    },
  } as SearchedList
}

/** What was given to the filters of a list, as its columns have it. @throws ValidationFailed for what is none of the kind of its member */
export function normaliserOf({ members, list }: AnyResource) {
  const normalised = Object.entries(list.filters).flatMap(([filter, declared]) => {
    const normalise = 'by' in declared ? members[declared.by]?.filter?.normalise : undefined
    return normalise && 'how' in declared && declared.how === 'equals'
      ? [{ filter, normalise }]
      : []
  })
  return (filters: Record<string, unknown> = {}) => {
    const read = { ...filters }
    for (const { filter, normalise } of normalised) {
      const given = read[filter]
      if (typeof given === 'string') read[filter] = normalise(given, filter)
    }
    return read
  }
}
