import createClient from 'openapi-fetch'
import type { components, paths } from './client.ts'
import { alice, baseUrl, bob, done, have, same } from './steps.ts'

const options = {
  baseUrl: baseUrl('v2'),
  // The client is types alone: that arrays are comma-separated it has to be told.
  querySerializer: { array: { style: 'form', explode: false } },
} as const
const signedIn = (token: string) =>
  createClient<paths>({ ...options, headers: { Authorization: `Bearer ${token}` } })
const anyone = createClient<paths>(options)

const { data: account } = await anyone.POST('/auth/register', { body: alice })
same([account?.username, account?.email], [alice.username, null])
await anyone.POST('/auth/register', { body: bob })
done('register')

async function logIn({ username, password }: typeof alice) {
  const { data } = await anyone.POST('/auth/login', { body: { identifier: username, password } })
  return pairOf(data)
}
function pairOf(reply?: components['schemas']['LoginReply']) {
  if (reply?.transport !== 'body') throw new Error('The tokens are not in the body')
  return reply
}
const tokens = await logIn(alice)
const theirs = signedIn((await logIn(bob)).access_token)
let api = signedIn(tokens.access_token)
same([tokens.token_type, tokens.expires_in], ['Bearer', 900])
done('log in')

const plants = {
  params: { header: { 'idempotency-key': 'plants' } },
  body: {
    title: 'Water the plants',
    description: 'All of them',
    priority: 'high',
    due_at: '2030-03-01T10:00:00+01:00',
  },
} as const
const { data: todo, response } = await api.POST('/todos', plants)
const { id } = have(todo)
same(todo?.due_at, '2030-03-01T09:00:00.000Z')
same(response.headers.get('location'), `/api/v2/todos/${id}`)
same((await api.POST('/todos', plants)).data?.id, id)
const seeds = have((await api.POST('/todos', { body: { title: 'Buy seeds' } })).data)
const letter = have((await api.POST('/todos', { body: { title: 'Answer the letter' } })).data)
const republic = { title: 'The Republic', author: 'Plátōn & pupils', published_year: -375 }
const { data: book } = await api.POST('/books', { body: republic })
same([book?.isbn, book?.user.username], [null, alice.username])
done('create')

const { data: filtered } = await api.GET('/todos', {
  params: {
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
  },
})
const found = have(filtered)
same([found.data, found.page.total], [[{ id, title: 'Water the plants' }], 1])
const { data: books } = await api.GET('/books', {
  params: {
    query: {
      user_id: have(account).id,
      author: 'plátōn & PUPILS',
      year_from: -400,
      year_to: 0,
    },
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
  const { data: page } = await api.GET('/todos', {
    params: { query: { limit: 2, sort: 'title:asc', ...(cursor ? { cursor } : {}) } },
  })
  titles.push(...have(page).data.map(({ title }) => title))
  cursor = page?.page.next_cursor
} while (cursor)
same(titles, ['Answer the letter', 'Buy seeds', 'Water the plants'])
done('page')

const path = { id }
const tag = have((await api.GET('/todos/{id}', { params: { path } })).response.headers.get('etag'))
const stale = { path, header: { 'if-match': tag } }
const patched = await api.PATCH('/todos/{id}', {
  params: stale,
  body: { completed: true, description: null },
})
same([patched.data?.completed, patched.data?.description], [true, null])
done('patch with a tag')

const late = await api.PATCH('/todos/{id}', { params: stale, body: { completed: false } })
same([late.response.status, late.error?.code], [412, 'precondition_failed'])
done('stale tag')

const wrong = await api.POST('/books', { body: { ...republic, isbn: '9780441478120' } })
same([wrong.response.status, wrong.error?.code], [422, 'validation_failed'])
same(wrong.error?.errors?.[0]?.pointer, '#/isbn')
done('validation problem')

const foreign = await theirs.PATCH('/todos/{id}', { params: { path }, body: { title: 'Mine' } })
same([foreign.response.status, foreign.error?.code], [403, 'not_owner'])
done('not the owner')

const renewed = await anyone.POST('/auth/refresh', {
  body: { refresh_token: tokens.refresh_token },
})
const pair = pairOf(renewed.data)
same(pair.refresh_token === tokens.refresh_token, false)
api = signedIn(pair.access_token)
done('refresh')

const { data: bulk } = await api.POST('/todos/bulk', {
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

const exported = await api.GET('/books/export', { parseAs: 'text' })
same(exported.data?.includes('The Republic'), true)
done('export')

const removed = await api.DELETE('/todos/{id}', { params: { path } })
same(removed.response.status, 204)
same((await api.GET('/todos/{id}', { params: { path } })).response.status, 404)
done('delete')

same((await api.POST('/auth/logout', { body: { scope: 'this' } })).response.status, 204)
done('log out')

const gone = await api.GET('/me')
same([gone.response.status, gone.error?.code], [401, 'token_revoked'])
done('401 after')
