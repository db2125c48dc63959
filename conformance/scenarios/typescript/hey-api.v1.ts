import { createClient, createConfig } from './client/client/index.ts'
import * as sdk from './client/sdk.gen.ts'
import { alice, baseUrl, bob, done, have, same } from './steps.ts'

const signedIn = (auth?: string) =>
  createClient(createConfig({ baseUrl: baseUrl('v1'), ...(auth !== undefined && { auth }) }))
const anyone = signedIn()

const user = have((await sdk.registerUser({ client: anyone, body: alice })).data)
same(user.username, alice.username)
await sdk.registerUser({ client: anyone, body: bob })
done('register')

const logIn = async (body: typeof alice) => have((await sdk.login({ client: anyone, body })).data)
const tokens = await logIn(alice)
const theirs = signedIn((await logIn(bob)).access_token)
let client = signedIn(tokens.access_token)
same([tokens.token_type, tokens.expires_in], ['Bearer', 900])
done('log in')

const { data: post, response } = await sdk.createPost({
  client,
  body: { title: 'Hello', content: 'The first entry.' },
})
const { id } = have(post)
same(response?.headers.get('location'), `/api/v1/posts/${id}`)
const seeds = have((await sdk.createTodo({ client, body: { title: 'Buy seeds' } })).data)
const { data: plants } = await sdk.createTodo({
  client,
  body: { title: 'Water the plants', description: '100 % of them', completed: true },
})
const { id: watered, description } = have(plants)
same([seeds.description, description], [null, '100 % of them'])
const { data: book } = await sdk.createBook({
  client,
  body: { title: 'The Republic', author: 'Plátōn & pupils' },
})
same(book?.user_id, user.id)
done('create')

const { data: posts, response: listed } = await sdk.listPosts({
  client,
  query: { user_id: user.id, limit: 1, offset: 0 },
})
same([posts?.posts, listed?.headers.get('x-total-count')], [[post], '1'])
const { data: todos } = await sdk.listTodos({
  client,
  query: { completed: true, search: '% of', sort: 'created_at' },
})
same(todos, { todos: [plants] })
const { data: books } = await sdk.listBooks({ client, query: { limit: 500 } })
same(
  books?.filter(({ user_id: owner }) => owner === user.id),
  [book],
)
done('list')

const path = { id }
const put = await sdk.updatePost({ client, path, body: { title: 'Hello again' } })
same([put.data?.title, put.data?.content], ['Hello again', 'The first entry.'])
const cleared = await sdk.updateTodo({
  client,
  path: { id: watered },
  body: { description: null },
})
same([cleared.data?.description, cleared.data?.completed], [null, true])
done('put')

const foreign = await sdk.updatePost({ client: theirs, path, body: { title: 'Mine' } })
same(foreign.response?.status, 403)
same(foreign.error, { error: 'Forbidden', message: 'You can only edit your own posts' })
done('not the owner')

const taken = await sdk.registerUser({ client: anyone, body: alice })
same([taken.response?.status, taken.error?.message], [400, 'Username already exists'])
done('refusal')

const { refresh_token } = tokens
const { data: renewed } = await sdk.refresh({ client: anyone, body: { refresh_token } })
client = signedIn(have(renewed).access_token)
same((await sdk.getProtected({ client })).data, { logged_in_as: alice.username })
done('refresh')

const ids = [seeds.id, watered]
same((await sdk.deleteTodos({ client, query: { ids } })).data, { deleted: 2 })
same((await sdk.deletePost({ client, path })).response?.status, 204)
same((await sdk.getPost({ client, path })).error?.message, 'Post not found')
done('delete')

same((await sdk.logout({ client })).data, { message: 'Successfully logged out' })
done('log out')

const gone = await sdk.getMe({ client })
same([gone.response?.status, gone.error?.message], [401, 'Token has been revoked'])
done('401 after')
