import { Type, type Static } from '../../../base/schema.ts'
import type { PostRecord } from '../../../domain/resources/index.ts'
import * as fields from '../../../base/fields.ts'
import { closed } from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const FIRST = {
  id: 42,
  title: 'On keeping a commonplace book',
  content: 'Copy what strikes you, and say where you found it.',
  user_id: 7,
  created_at: '2026-11-20T16:33:06.902Z',
  updated_at: '2026-11-20T16:33:06.902Z',
}

const title = fields.line('The title of the post.', FIRST.title)
const content = fields.content('The text of the post.', FIRST.content)

export const Post = Component(
  'Post',
  Type.Object({
    id: fields.id('The id of the post.'),
    title,
    content,
    user_id: fields.id('The id of the user who wrote it.'),
    created_at: fields.timestamp('When the post was created.'),
    updated_at: fields.timestamp('When the post last changed.'),
  }),
  { description: 'A post, which everyone may read.', examples: [FIRST] },
)

export const PostList = Component('PostList', Type.Object({ posts: Type.Array(Ref(Post)) }), {
  description: 'One page of posts, in the order of their ids.',
  examples: [{ posts: [FIRST] }],
})

export const PostCreate = Component('PostCreate', Type.Object({ title, content }, closed), {
  description: 'A new post.',
  examples: [{ title: FIRST.title, content: FIRST.content }],
})

export const PostUpdate = Component(
  'PostUpdate',
  Type.Partial(Type.Object({ title, content }), { ...closed, minProperties: 1 }),
  {
    description: 'What to change of a post. What is absent stays as it is.',
    examples: [{ title: 'On keeping two commonplace books' }],
  },
)

export const presentPost = (post: Omit<PostRecord, 'category'>): Static<typeof Post> => ({
  id: post.id,
  title: post.title,
  content: post.content,
  user_id: post.userId,
  created_at: post.createdAt.toISOString(),
  updated_at: post.updatedAt.toISOString(),
})
