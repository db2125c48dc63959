import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from '../../base/schema.ts'
import { Forbidden } from '../../base/access-errors.ts'
import type { PostInput, ShownPost as PostRecord } from '../../domain/content/posts.ts'
import { postList } from '../../domain/content/post-list.ts'
import { CursorMismatch, NotFound, PreconditionFailed } from '../../base/errors.ts'
import type { Version } from '../../domain/version.ts'
import { actor } from '../plugins/caller.ts'
import * as fields from '../../base/fields.ts'
import { created, noContent, notModified, ok, Ref } from '../schemas/ref.ts'
import { addBulk } from './bulk.ts'
import {
  asksForChanges,
  entityTag,
  ifMatch,
  IfMatch,
  IfNoneMatch,
  isUnchanged,
} from './conditional.ts'
import { answerOnce, IdempotencyKey } from './idempotency.ts'
import { moment, querystring, readQuery, sendPage, trimmed } from './lists.ts'
import { PATCH_TYPES } from './merge-patch.ts'
import {
  category,
  Post,
  PostBulk,
  PostCreate,
  PostPage,
  PostPatch,
  presentPost,
} from './schemas/posts.ts'
import { problems } from './schemas/problems.ts'

const VIEW = 'p'
const tagOf = (request: FastifyRequest, version: Version) => entityTag(request, VIEW, ...version)
const TAGS = ['Posts']
const PostId = fields.idParams('post')
const PostQuery = querystring(
  postList,
  Post.properties,
  {
    user_id: fields.id('Only posts of this user.'),
    category: category('Only posts that are filed under this.'),
    created_after: moment('Only posts that were written at this moment or later.'),
    created_before: moment('Only posts that were written before it.', '2026-11-27T00:00:00Z'),
  },
  { in: 'title or content', examples: ['read "commonplace book"'] },
)

const postRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listPosts',
        summary: 'List posts',
        description: 'All posts, the newest first unless sorted otherwise.',
        tags: TAGS,
        querystring: PostQuery,
        response: {
          200: ok(PostPage, 'One page of posts.', ['Link']),
          ...problems(new CursorMismatch()),
        },
      },
    },
    async (request, reply) => {
      const page = await request.backend.posts.page(readQuery(postList, request.query))
      return sendPage(request, reply, page, trimmed(request.query, presentPost))
    },
  )

  app.get(
    '/:id',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getPost',
        summary: 'Read a post',
        description: 'One post, with the name of its owner.',
        tags: TAGS,
        params: PostId,
        headers: IfNoneMatch,
        response: {
          200: ok(Post, 'The post.', ['ETag']),
          304: notModified(),
          ...problems(new NotFound('Post')),
        },
      },
    },
    async (request, reply) => {
      const { posts } = request.backend
      const { id } = request.params
      // Whoever has it already is answered without a look at the record.
      if (
        asksForChanges(request) &&
        isUnchanged(request, reply, tagOf(request, await posts.version(id)))
      )
        return reply.code(304).send()
      const post = await posts.show(id)
      reply.header('etag', tagOf(request, post.version))
      return presentPost(post)
    },
  )

  app.post(
    '',
    {
      config: { scope: 'posts:write', idempotent: true },
      schema: {
        operationId: 'createPost',
        summary: 'Write a post',
        description: 'Publishes a post of yours.',
        tags: TAGS,
        headers: IdempotencyKey,
        body: Ref(PostCreate),
        response: { 201: created(Post, 'The new post.', ['ETag']) },
      },
    },
    async (request, reply) => {
      const { posts } = request.backend
      const input = request.body
      const answer = (post: PostRecord) => ({
        status: 201,
        headers: {
          location: `${app.prefix}/${post.id}`,
          etag: tagOf(request, post.version),
        },
        body: presentPost(post),
      })
      return answerOnce(request, reply, answer, (last) => posts.create(actor(request), input, last))
    },
  )

  addBulk<Static<typeof PostCreate>, PostInput, PostRecord>(app, {
    operationId: 'bulkPosts',
    tag: 'Posts',
    many: 'posts',
    body: PostBulk.Bulk,
    results: PostBulk.Results,
    scope: 'posts:write',
    view: VIEW,
    revisions: 2,
    run: (request, ...bulk) => request.backend.posts.bulk(...bulk),
    input: (value) => value,
    present: presentPost,
    versionOf: ({ version }) => version,
  })

  app.patch(
    '/:id',
    {
      config: { scope: 'posts:write', permission: 'post.edit' },
      schema: {
        operationId: 'updatePost',
        summary: 'Change a post',
        description: 'What is absent stays. Moderators and admins may change any post.',
        tags: TAGS,
        params: PostId,
        consumes: PATCH_TYPES,
        headers: IfMatch,
        body: Ref(PostPatch),
        response: {
          200: ok(Post, 'The post as it is now.', ['ETag']),
          ...problems(
            new Forbidden('You can only edit your own posts'),
            new NotFound('Post'),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { posts } = request.backend
      const { id } = request.params
      const post = await posts.update(actor(request), id, request.body, ifMatch(request, VIEW))
      reply.header('etag', tagOf(request, post.version))
      return presentPost(post)
    },
  )

  app.delete(
    '/:id',
    {
      config: { scope: 'posts:write', permission: 'post.delete' },
      schema: {
        operationId: 'deletePost',
        summary: 'Remove a post',
        description: 'Moderators and admins may remove any post.',
        tags: TAGS,
        params: PostId,
        headers: IfMatch,
        response: {
          204: noContent('The post is gone.'),
          ...problems(
            new Forbidden('You can only delete your own posts'),
            new NotFound('Post'),
            new PreconditionFailed(),
          ),
        },
      },
    },
    async (request, reply) => {
      const { posts } = request.backend
      await posts.remove(actor(request), request.params.id, ifMatch(request, VIEW))
      return reply.code(204).send()
    },
  )
}

export default postRoutes
