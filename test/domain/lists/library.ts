import type { Test } from 'tap'
import { inArray } from '../../../src/db/drizzle.ts'
import { systemClock } from '../../../src/base/clock.ts'
import type { Listable } from '../../../src/domain/resources/engine/collection.ts'
import { listOf } from '../../../src/domain/resources/engine/list.ts'
import { ownerTag } from '../../../src/domain/resources/engine/model.ts'
import { post } from '../../../src/domain/resources/index.ts'
import { createList } from '../../../src/domain/lists/list.ts'
import type { Query } from '../../../src/domain/lists/declaration.ts'
import type { Limits } from '../../../src/domain/lists/pace.ts'
import { searchText } from '../../../src/domain/search/search-text.ts'
import { moment, openPeople, secrets } from './people.ts'
import type { Store } from '../../../src/db/store.ts'

export type PostQuery = Query<Listable>
export interface Draft {
  title: string
  /** Words between spaces. */
  content: string
  category: string
  /** Seconds. */
  at: number
  /** Whether it is the second user's. */
  isOther: boolean
}
export interface Kept extends Draft {
  id: number
}

/** Limits that a few records exceed: each way to read a list has its turn. */
export const TIGHT: Limits = { few: 1, step: 1, skip: 2, walk: 3, sweep: 4, patience: 60_000 }

/** Posts below the domain, and what there should be of them. */
export async function openLibrary(t: Test) {
  const { store, url, edit: editPeople } = await openPeople(t)
  const [one = 0, other = 0] = await editPeople({ add: [{ name: 'one' }, { name: 'other' }] })
  const { posts } = store.tables
  const postList = listOf(post)
  let kept: Kept[] = []
  const ownerOf = ({ isOther }: Draft) => (isOther ? other : one)
  const row = (draft: Draft) => ({
    userId: ownerOf(draft),
    title: draft.title,
    titleSort: draft.title,
    content: draft.content,
    category: draft.category,
    searchText: searchText([draft.title, draft.content], [ownerTag(ownerOf(draft))]),
    createdAt: moment(draft.at),
    updatedAt: moment(-draft.at),
  })
  return {
    url,
    store,
    users: { one, other },
    kept: () => kept,
    listOf: (limits?: Limits, over: Store = store) =>
      createList({ store: over, clock: systemClock, secrets }, postList, posts, limits),
    edit: ({ add = [], remove = [] }: { add?: Draft[]; remove?: number[] }) =>
      store.transaction(function* (tx) {
        if (remove.length > 0)
          yield* tx.query((q) => q.delete(posts).where(inArray(posts.id, remove)))
        kept = kept.filter(({ id }) => !remove.includes(id))
        if (add.length === 0) return
        const rows = yield* tx.query((q) =>
          q.insert(posts).values(add.map(row)).returning({ id: posts.id }),
        )
        kept.push(...add.map((draft, i) => ({ ...draft, id: rows[i]!.id })))
      }),
  }
}
export type Library = Awaited<ReturnType<typeof openLibrary>>
