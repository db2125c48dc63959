import type { PgColumn } from 'drizzle-orm/pg-core'
import { eq, gte, lt, sql } from '../../db/drizzle.ts'
import type { Tables } from '../../db/schema/tables.ts'
import type { Declaration, Row } from '../lists/declaration.ts'

/** The name of whoever owns a record, in the same query. */
export const ownerName = (userId: PgColumn) =>
  sql<string>`(select username from users where users.id = ${userId})`

export const postList = {
  name: 'posts',
  shown: (posts) => ({
    id: posts.id,
    title: posts.title,
    content: posts.content,
    category: posts.category,
    userId: posts.userId,
    username: ownerName(posts.userId),
    createdAt: posts.createdAt,
    updatedAt: posts.updatedAt,
  }),
  filters: {
    user_id: {
      kind: 'integer',
      where: ({ userId }, given) => eq(userId, given(userId)),
      leads: ['created_at', 'id'],
    },
    category: {
      kind: 'text',
      where: ({ category }, given) => eq(category, given(category)),
      leads: ['created_at'],
    },
    created_after: {
      kind: 'moment',
      where: ({ createdAt }, given) => gte(createdAt, given(createdAt)),
      bounds: 'created_at',
    },
    created_before: {
      kind: 'moment',
      where: ({ createdAt }, given) => lt(createdAt, given(createdAt)),
      bounds: 'created_at',
    },
  },
  sorts: {
    created_at: ({ createdAt }) => createdAt,
    updated_at: ({ updatedAt }) => updatedAt,
    title: ({ titleSort }) => titleSort,
    id: ({ id }) => id,
  },
  search: { text: ({ searchText }) => searchText },
} satisfies Declaration<Tables['posts']>

export type ListedPost = Row<typeof postList>
