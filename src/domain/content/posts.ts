import { asc, count, eq } from '../../db/drizzle.ts'
import { $ } from '../../db/store.ts'
import type { Tables } from '../../db/schema/tables.ts'
import { checkFields } from '../accounts/fields.ts'
import { NotFound } from '../../base/errors.ts'
import { searchText } from '../search/search-text.ts'
import { createList } from '../lists/list.ts'
import { createBulk } from './bulk.ts'
import { createOwned } from './owned.ts'
import type { ContentDeps } from './owned-resource.ts'
import { ownerView } from './owner-view.ts'
import { createTotal, type Window } from './pages.ts'
import { postList } from './post-list.ts'
import { ownerTag, sortText, tag } from './sort-keys.ts'

export type Post = Awaited<ReturnType<Posts['find']>>
/** As v2 shows it. */
export type ShownPost = Awaited<ReturnType<Posts['create']>>
export interface PostInput {
  title: string
  content: string
  /** `general` unless given */
  category?: string | undefined
}

/** Posts: everyone reads them, their owners (and moderators) change them. */
export function createPosts(deps: ContentDeps) {
  const { store } = deps
  const { posts } = store.tables
  const {
    find: __,
    findWithOwner,
    findOwn: _,
    ...writes
  } = createOwned(deps, posts, {
    name: 'post',
    one: 'Post',
    many: 'posts',
    complete(input: PostInput) {
      const { title, content, category = 'general' } = checkFields(input)
      return { title, content, category }
    },
    check: checkFields,
    derive: ({ userId, title, content, category }) => ({
      titleSort: sortText(title),
      searchText: searchText([title, content], [ownerTag(userId), tag('c', category)]),
    }),
    view: ownerView<Tables['posts']>(store, 'post'),
  })
  const list = createList(deps, postList, posts)
  /** What v1 shows, and no more: the most read of all. */
  const plain = {
    id: posts.id,
    userId: posts.userId,
    title: posts.title,
    content: posts.content,
    createdAt: posts.createdAt,
    updatedAt: posts.updatedAt,
  }
  const byId = store.define('post_plain', (q) =>
    q
      .select(plain)
      .from(posts)
      .where(eq(posts.id, $('id'))),
  )
  const page = store.define('post_page', (q) =>
    q.select(plain).from(posts).orderBy(asc(posts.id)).limit($('limit')).offset($('offset')),
  )
  const pageOf = store.define('post_page_of', (q) =>
    q
      .select(plain)
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
    async find(id: number) {
      const [post] = await store.read(byId, { id })
      if (!post) throw new NotFound('Post')
      return post
    },
    /** A post as v2 shows it, and the revisions that are in it. @throws NotFound */
    async show(id: number) {
      const { record, owner } = await findWithOwner(id)
      const version = [record.revision, owner.revision] as const
      return { ...record, username: owner.username, version }
    },
    /** One page of v2. @throws CursorMismatch */
    page: list.page,
    /** Oldest first; `userId` asks for those of one user. */
    async list({ userId, ...window }: Window & { userId?: number | undefined }) {
      if (userId === undefined)
        return { items: await store.read(page, window), total: await total() }
      const [counted] = await store.read(totalOf, { userId })
      return { items: await store.read(pageOf, { ...window, userId }), total: counted?.count ?? 0 }
    },
    ...writes,
    bulk: createBulk({ store, changeLog: deps.changeLog, ...writes }),
  }
}
export type Posts = ReturnType<typeof createPosts>
