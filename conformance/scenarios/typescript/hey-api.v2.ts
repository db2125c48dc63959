import { createClient, createConfig } from './client/client/index.ts'
import * as sdk from './client/sdk.gen.ts'
import type { LoginReply } from './client/types.gen.ts'
import { alice, baseUrl, bob, done, have, same } from './steps.ts'

const signedIn = (auth?: string) =>
  createClient(createConfig({ baseUrl: baseUrl('v2'), ...(auth !== undefined && { auth }) }))
const anyone = signedIn()

const { data: account } = await sdk.register({ client: anyone, body: alice })
same([account?.username, account?.email], [alice.username, null])
await sdk.register({ client: anyone, body: bob })
done('register')

async function logIn({ username, password }: typeof alice) {
  const body = { identifier: username, password }
  const { data } = await sdk.login({ client: anyone, body })
  return pairOf(data)
}
function pairOf(reply?: LoginReply) {
  if (reply?.transport !== 'body') throw new Error('The tokens are not in the body')
  return reply
}
const tokens = await logIn(alice)
const theirs = signedIn((await logIn(bob)).access_token)
let client = signedIn(tokens.access_token)
same([tokens.token_type, tokens.expires_in], ['Bearer', 900])
done('log in')

const plants = {
  client,
  headers: { 'idempotency-key': 'plants' },
  body: {
    title: 'Water the plants',
    description: 'All of them',
    priority: 'high',
    due_at: '2030-03-01T10:00:00+01:00',
  },
} as const
const { data: todo, response } = await sdk.createTodo(plants)
const { id } = have(todo)
same(todo?.due_at, '2030-03-01T09:00:00.000Z')
same(response?.headers.get('location'), `/api/v2/todos/${id}`)
same((await sdk.createTodo(plants)).data?.id, id)
const seeds = have((await sdk.createTodo({ client, body: { title: 'Buy seeds' } })).data)
const letter = have((await sdk.createTodo({ client, body: { title: 'Answer the letter' } })).data)
const republic = { title: 'The Republic', author: 'Plátōn & pupils', published_year: -375 }
const { data: book } = await sdk.createBook({ client, body: republic })
same([book?.isbn, book?.user.username], [null, alice.username])
done('create')

const { data: filtered } = await sdk.listTodos({
  client,
  query: {
    completed: false,
    priority: 'high',
    due_after: '2030-03-01T10:00:00+01:00',
    due_before: '2031-01-01T00:00:00Z',
    overdue: false,
    q: '"the plants" wat',
    sort: 'title:asc',
    fields: ['id', 'title'],
    total: true,
  },
})
const found = have(filtered)
same([found.data, found.page.total], [[{ id, title: 'Water the plants' }], 1])
const { data: books } = await sdk.listBooks({
  client,
  query: {
    user_id: have(account).id,
    author: 'plátōn & PUPILS',
    year_from: -400,
    year_to: 0,
  },
})
same(
  books?.data.map(({ published_year: year }) => year),
  [-375],
)
done('filter')

const titles: unknown[] = []
let cursor: string | null | undefined
do {
  const query = { limit: 2, sort: 'title:asc', ...(cursor ? { cursor } : {}) } as const
  const { data: page } = await sdk.listTodos({ client, query })
  titles.push(...have(page).data.map(({ title }) => title))
  cursor = page?.page.next_cursor
} while (cursor)
same(titles, ['Answer the letter', 'Buy seeds', 'Water the plants'])
done('page')

const path = { id }
const read = await sdk.getTodo({ client, path })
const stale = { client, path, headers: { 'if-match': have(read.response?.headers.get('etag')) } }
const body = { completed: true, description: null }
const patched = await sdk.updateTodo({ ...stale, body })
same([patched.data?.completed, patched.data?.description], [true, null])
done('patch with a tag')

const late = await sdk.updateTodo({ ...stale, body: { completed: false } })
same([late.response?.status, late.error?.code], [412, 'precondition_failed'])
done('stale tag')

const wrong = await sdk.createBook({ client, body: { ...republic, isbn: '9780441478120' } })
same([wrong.response?.status, wrong.error?.code], [422, 'validation_failed'])
same(wrong.error?.errors?.[0]?.pointer, '#/isbn')
done('validation problem')

const foreign = await sdk.updateTodo({ client: theirs, path, body: { title: 'Mine' } })
same([foreign.response?.status, foreign.error?.code], [403, 'not_owner'])
done('not the owner')

const spent = { refresh_token: tokens.refresh_token }
const pair = pairOf((await sdk.refresh({ client: anyone, body: spent })).data)
same(pair.refresh_token === tokens.refresh_token, false)
client = signedIn(pair.access_token)
done('refresh')

const { data: bulk } = await sdk.bulkTodos({
  client,
  body: {
    operations: [
      { op: 'create', value: { title: 'Read' } },
      { op: 'update', id: seeds.id, value: { priority: 'low' } },
      { op: 'delete', id: letter.id },
      { op: 'delete', id: 2147483647 },
    ],
  },
})
const [created, updated, , absent] = have(bulk).results
same(
  bulk?.results.map(({ status }) => status),
  [201, 200, 204, 404],
)
same([created?.data?.title, updated?.data?.priority], ['Read', 'low'])
same(absent?.problem?.code, 'not_found')
done('bulk')

const { data: file } = await sdk.exportBooks({ client, parseAs: 'blob' })
same((await have(file).text()).includes('The Republic'), true)
done('export')

const removed = await sdk.deleteTodo({ client, path })
same(removed.response?.status, 204)
same((await sdk.getTodo({ client, path })).response?.status, 404)
done('delete')

const out = await sdk.logout({ client, body: { scope: 'this' } })
same(out.response?.status, 204)
done('log out')

const gone = await sdk.getMe({ client })
same([gone.response?.status, gone.error?.code], [401, 'token_revoked'])
done('401 after')
