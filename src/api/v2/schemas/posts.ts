import { Type, type Static } from '../../../base/schema.ts'
import type { ListedPost } from '../../../domain/content/post-list.ts'
import * as fields from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'
import { Owner } from './owner.ts'
import { bulkOf } from './bulk.ts'
import { PageOf, Trimmed } from './pages.ts'

const EXAMPLE = {
  id: 42,
  title: 'Hello',
  content: 'The first entry.',
  category: 'general',
  user: { id: 7, username: 'alice' },
  created_at: '2026-11-20T16:33:06.902Z',
  updated_at: '2026-11-20T16:33:06.902Z',
}
const title = fields.line('The title.', 'Hello')
const content = fields.content('The text.', 'The first entry.')
export const category = (description: string) =>
  Type.String({ pattern: '^[a-z0-9-]{1,32}$', description, examples: ['general'] })

export const Post = Component(
  'Post',
  Type.Object({
    id: fields.id('The id of the post.'),
    title,
    content,
    category: category('What it is filed under.'),
    user: Ref(Owner),
    created_at: fields.timestamp('When it was written.'),
    updated_at: fields.timestamp('When it last changed.'),
  }),
  { description: 'A post, which everyone may read.', examples: [EXAMPLE] },
)

export const PostCreate = Component(
  'PostCreate',
  Type.Object(
    {
      title,
      content,
      category: Type.Optional(category('What to file it under, `general` unless given.')),
    },
    fields.closed,
  ),
  {
    description: 'A new post.',
    examples: [{ title: 'Hello', content: 'The first entry.', category: 'general' }],
  },
)

export const PostPatch = Component(
  'PostPatch',
  Type.Object(
    {
      title: Type.Optional(title),
      content: Type.Optional(content),
      category: Type.Optional(category('What to file it under.')),
    },
    { ...fields.closed, minProperties: 1 },
  ),
  {
    description: 'What to change of a post (RFC 7396): what is absent stays.',
    examples: [{ title: 'Hello again' }],
  },
)

export const PostBulk = bulkOf({
  name: 'Post',
  what: 'post',
  create: PostCreate,
  patch: PostPatch,
  record: Post,
  tag: '"p3.1-5f0c9b2e"',
})

export const ListedPostSchema = Trimmed('ListedPost', Post)
export const PostPage = PageOf('PostPage', ListedPostSchema, 'One page of posts.')

export const presentPost = (post: ListedPost): Static<typeof Post> => ({
  id: post.id,
  title: post.title,
  content: post.content,
  category: post.category,
  user: { id: post.userId, username: post.username },
  created_at: post.createdAt.toISOString(),
  updated_at: post.updatedAt.toISOString(),
})
