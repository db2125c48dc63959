import createClient from 'openapi-fetch'
import type { paths } from './client.ts'
import { alice, baseUrl, bob, done, have, same } from './steps.ts'

const options = {
  baseUrl: baseUrl('v1'),
  // The client is types alone: that arrays are comma-separated it has to be told.
  querySerializer: { array: { style: 'form', explode: false } },
} as const
const signedIn = (token: string) =>
  createClient<paths>({ ...options, headers: { Authorization: `Bearer ${token}` } })
const anyone = createClient<paths>(options)

const user = have((await anyone.POST('/users', { body: alice })).data)
same(user.username, alice.username)
await anyone.POST('/users', { body: bob })
done('register')

const logIn = async (body: typeof alice) => have((await anyone.POST('/login', { body })).data)
const tokens = await logIn(alice)
const theirs = signedIn((await logIn(bob)).access_token)
let api = signedIn(tokens.access_token)
same([tokens.token_type, tokens.expires_in], ['Bearer', 900])
done('log in')

const { data: post, response } = await api.POST('/posts', {
  body: { title: 'Hello', content: 'The first entry.' },
})
const { id } = have(post)
same(response.headers.get('location'), `/api/v1/posts/${id}`)
const seeds = have((await api.POST('/todos', { body: { title: 'Buy seeds' } })).data)
const { data: plants } = await api.POST('/todos', {
  body: { title: 'Water the plants', description: '100 % of them', completed: true },
})
const { id: watered, description } = have(plants)
same([seeds.description, description], [null, '100 % of them'])
const { data: book } = await api.POST('/books', {
  body: { title: 'The Republic', author: 'Plátōn & pupils' },
})
same(book?.user_id, user.id)
done('create')

const { data: posts, response: listed } = await api.GET('/posts', {
  params: { query: { user_id: user.id, limit: 1, offset: 0 } },
})
same([posts?.posts, listed.headers.get('x-total-count')], [[post], '1'])
const { data: todos } = await api.GET('/todos', {
  params: { query: { completed: true, search: '% of', sort: 'created_at' } },
})
same(todos, { todos: [plants] })
const { data: books } = await api.GET('/books', { params: { query: { limit: 500 } } })
same(
  books?.filter(({ user_id: owner }) => owner === user.id),
  [book],
)
done('list')

const path = { id }
const put = await api.PUT('/posts/{id}', { params: { path }, body: { title: 'Hello again' } })
same([put.data?.title, put.data?.content], ['Hello again', 'The first entry.'])
const cleared = await api.PUT('/todos/{id}', {
  params: { path: { id: watered } },
  body: { description: null },
})
same([cleared.data?.description, cleared.data?.completed], [null, true])
done('put')

const foreign = await theirs.PUT('/posts/{id}', { params: { path }, body: { title: 'Mine' } })
same(foreign.response.status, 403)
same(foreign.error, { error: 'Forbidden', message: 'You can only edit your own posts' })
done('not the owner')

const taken = await anyone.POST('/users', { body: alice })
same([taken.response.status, taken.error?.message], [400, 'Username already exists'])
done('refusal')

const { data: renewed } = await anyone.POST('/refresh', {
  body: { refresh_token: tokens.refresh_token },
})
api = signedIn(have(renewed).access_token)
same((await api.GET('/protected')).data, { logged_in_as: alice.username })
done('refresh')

const ids = [seeds.id, watered]
same((await api.DELETE('/todos', { params: { query: { ids } } })).data, { deleted: 2 })
same((await api.DELETE('/posts/{id}', { params: { path } })).response.status, 204)
same((await api.GET('/posts/{id}', { params: { path } })).error?.message, 'Post not found')
done('delete')

same((await api.POST('/logout')).data, { message: 'Successfully logged out' })
done('log out')

const gone = await api.GET('/me')
same([gone.response.status, gone.error?.message], [401, 'Token has been revoked'])
done('401 after')
