import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '../../base/schema.ts'
import { actor } from '../plugins/caller.ts'
import { closed, id, idParams } from '../../base/fields.ts'
import { created, noContent, page, Ref, ok } from '../schemas/ref.ts'
import { linkPages, paged, pageQuery } from './paging.ts'
import { refusal } from './schemas/errors.ts'
import { Post, PostCreate, PostList, PostUpdate, presentPost } from './schemas/posts.ts'

const PostId = idParams('post')
const absent = refusal(404, 'Post not found', 'There is no such post.')

const postRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listPosts',
        summary: 'List posts',
        description: 'All posts, or those of one user.',
        tags: ['Posts'],
        querystring: Type.Object(
          { user_id: Type.Optional(id('Only the posts of this user.')), ...pageQuery },
          closed,
        ),
        response: { 200: page(PostList, 'One page of posts.') },
      },
    },
    async (request, reply) => {
      const { user_id: userId, ...rest } = request.query
      const filter = userId === undefined ? rest : { ...rest, userId }
      const { items, total } = await request.backend.posts.list(paged(filter))
      linkPages(request, reply, total)
      return { posts: items.map(presentPost) }
    },
  )

  app.get(
    '/:id',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getPost',
        summary: 'Read a post',
        description: 'One post. Everyone may read it.',
        tags: ['Posts'],
        params: PostId,
        response: { 200: ok(Post, 'The post.'), ...absent },
      },
    },
    async (request) => presentPost(await request.backend.posts.find(request.params.id)),
  )

  app.post(
    '',
    {
      config: { scope: 'posts:write' },
      schema: {
        operationId: 'createPost',
        summary: 'Write a post',
        description: 'Creates a post that is yours.',
        tags: ['Posts'],
        body: Ref(PostCreate),
        response: { 201: created(Post, 'The new post.') },
      },
    },
    async (request, reply) => {
      const post = await request.backend.posts.create(actor(request), request.body)
      reply.code(201).header('location', `${app.prefix}/${post.id}`)
      return presentPost(post)
    },
  )

  app.put(
    '/:id',
    {
      config: { scope: 'posts:write', permission: 'post.edit' },
      schema: {
        operationId: 'updatePost',
        summary: 'Change a post',
        description: 'Changes your own post; moderators and admins may change any.',
        tags: ['Posts'],
        params: PostId,
        body: Ref(PostUpdate),
        response: {
          200: ok(Post, 'The post as it is now.'),
          ...refusal(403, 'You can only edit your own posts', "This is someone else's post."),
          ...absent,
        },
      },
    },
    async (request) => {
      const { posts } = request.backend
      return presentPost(await posts.update(actor(request), request.params.id, request.body))
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'posts:write', permission: 'post.delete' },
      schema: {
        operationId: 'deletePost',
        summary: 'Delete a post',
        description: 'Deletes your own post; moderators and admins may delete any.',
        tags: ['Posts'],
        params: PostId,
        response: {
          204: noContent('The post is gone.'),
          ...refusal(403, 'You can only delete your own posts', "This is someone else's post."),
          ...absent,
        },
      },
    },
    async (request, reply) => {
      await request.backend.posts.remove(actor(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

export default postRoutes
