import { asc, count, eq } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import { checkFields } from '../accounts/fields.ts'
import type { Actor } from '../actor.ts'
import { createOwned, type ContentDeps } from './owned.ts'
import { createTotal, type Window } from './pages.ts'

export type Post = Awaited<ReturnType<Posts['find']>>
export interface PostInput {
  title: string
  content: string
}

/** Posts: everyone reads them, their owners (and moderators) change them. */
export function createPosts(deps: ContentDeps) {
  const { store } = deps
  const { posts } = store.tables
  const { create, find, update, remove } = createOwned(deps, posts, {
    name: 'post',
    one: 'Post',
    many: 'posts',
  })
  const insert = store.define('post_insert', (q) =>
    q
      .insert(posts)
      .values({
        userId: $('userId'),
        title: $('title'),
        content: $('content'),
        createdAt: $('now'),
        updatedAt: $('now'),
      })
      .returning(),
  )
  const page = store.define('post_page', (q) =>
    q.select().from(posts).orderBy(asc(posts.id)).limit($('limit')).offset($('offset')),
  )
  const pageOf = store.define('post_page_of', (q) =>
    q
      .select()
      .from(posts)
      .where(eq(posts.userId, $('userId')))
      .orderBy(asc(posts.id))
      .limit($('limit'))
      .offset($('offset')),
  )
  const total = createTotal(store, posts)
  const totalOf = store.define('post_total_of', (q) =>
    q
      .select({ count: count() })
      .from(posts)
      .where(eq(posts.userId, $('userId'))),
  )

  return {
    /** @throws NotFound */
    find,
    /** Oldest first; `userId` asks for those of one user. */
    async list({ userId, ...window }: Window & { userId?: number | undefined }) {
      if (userId === undefined)
        return { items: await store.read(page, window), total: await total() }
      const [counted] = await store.read(totalOf, { userId })
      return { items: await store.read(pageOf, { ...window, userId }), total: counted?.count ?? 0 }
    },
    /** @throws ValidationFailed */
    async create(actor: Actor, input: PostInput) {
      const { title, content } = checkFields(input)
      return create(actor, insert, {
        title,
        content,
      })
    },
    /** @throws ValidationFailed, NotFound, Forbidden */
    async update(actor: Actor, id: number, changes: Partial<PostInput>) {
      return update(actor, id, checkFields(changes))
    },
    /** @throws NotFound, Forbidden */
    remove,
  }
}
export type Posts = ReturnType<typeof createPosts>
