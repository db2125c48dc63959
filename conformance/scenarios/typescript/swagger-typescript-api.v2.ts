import { Api, type HttpResponse, type LoginReply, type Problem } from './client/client.ts'
import { alice, baseUrl, bob, done, have, same } from './steps.ts'

const signedIn = (token?: string) =>
  new Api({
    baseUrl: baseUrl('v2'),
    ...(token !== undefined && {
      baseApiParams: { headers: { Authorization: `Bearer ${token}` } },
    }),
  })
/** What it throws for a refusal is a reply too. */
const reply = <T>(call: Promise<HttpResponse<T, Problem>>) =>
  call.catch((refusal: HttpResponse<T, Problem>) => refusal)
/** 304 is an error without a body to it. */
const refused = async <T>(call: Promise<HttpResponse<T, Problem | void>>) => {
  const { status, error } = await call.catch((refusal: Awaited<typeof call>) => refusal)
  return [status, (error ?? undefined)?.code]
}
const anyone = signedIn()

const { data: account } = await anyone.auth.register(alice)
same([account.username, account.email], [alice.username, null])
await anyone.auth.register(bob)
done('register')

async function logIn({ username, password }: typeof alice) {
  const { data } = await anyone.auth.login({ identifier: username, password })
  return pairOf(data)
}
function pairOf(tokens: LoginReply) {
  if (tokens.transport !== 'body') throw new Error('The tokens are not in the body')
  return tokens
}
const tokens = await logIn(alice)
const theirs = signedIn((await logIn(bob)).access_token)
let api = signedIn(tokens.access_token)
same([tokens.token_type, tokens.expires_in], ['Bearer', 900])
done('log in')

const plants = {
  title: 'Water the plants',
  description: 'All of them',
  priority: 'high',
  due_at: '2030-03-01T10:00:00+01:00',
} as const
// It has no parameters for headers: they go with the request.
const once = { headers: { 'idempotency-key': 'plants' } }
const { data: todo, headers } = await api.todos.createTodo(plants, once)
const { id } = todo
same(todo.due_at, '2030-03-01T09:00:00.000Z')
same(headers.get('location'), `/api/v2/todos/${id}`)
same((await api.todos.createTodo(plants, once)).data.id, id)
const { data: seeds } = await api.todos.createTodo({ title: 'Buy seeds' })
const { data: letter } = await api.todos.createTodo({ title: 'Answer the letter' })
const republic = { title: 'The Republic', author: 'Plátōn & pupils', published_year: -375 }
const { data: book } = await api.books.createBook(republic)
same([book.isbn, book.user.username], [null, alice.username])
done('create')

const { data: found } = await api.todos.listTodos({
  completed: false,
  priority: 'high',
  due_after: '2030-03-01T10:00:00+01:00',
  due_before: '2031-01-01T00:00:00Z',
  overdue: false,
  q: '"the plants" wat',
  sort: 'title:asc',
  // It repeats the name for each value, whatever `explode` says: one field at a time.
  fields: ['title'],
  total: true,
})
same([found.data, found.page.total], [[{ title: 'Water the plants' }], 1])
const { data: books } = await api.books.listBooks({
  user_id: account.id,
  author: 'plátōn & PUPILS',
  year_from: -400,
  year_to: 0,
})
same(
  books.data.map(({ published_year: year }) => year),
  [-375],
)
done('filter')

const titles: unknown[] = []
let cursor: string | null | undefined
do {
  const query = { limit: 2, sort: 'title:asc', ...(cursor ? { cursor } : {}) } as const
  const { data: page } = await api.todos.listTodos(query)
  titles.push(...page.data.map(({ title }) => title))
  cursor = page.page.next_cursor
} while (cursor)
same(titles, ['Answer the letter', 'Buy seeds', 'Water the plants'])
done('page')

const tag = have((await api.todos.getTodo(id)).headers.get('etag'))
const stale = { headers: { 'if-match': tag } }
const { data: patched } = await api.todos.updateTodo(
  id,
  { completed: true, description: null },
  stale,
)
same([patched.completed, patched.description], [true, null])
done('patch with a tag')

const late = await refused(api.todos.updateTodo(id, { completed: false }, stale))
same(late, [412, 'precondition_failed'])
done('stale tag')

const wrong = await reply(api.books.createBook({ ...republic, isbn: '9780441478120' }))
same([wrong.status, wrong.error.code], [422, 'validation_failed'])
same(wrong.error.errors?.[0]?.pointer, '#/isbn')
done('validation problem')

same(await refused(theirs.todos.updateTodo(id, { title: 'Mine' })), [403, 'not_owner'])
done('not the owner')

const pair = pairOf((await anyone.auth.refresh({ refresh_token: tokens.refresh_token })).data)
same(pair.refresh_token === tokens.refresh_token, false)
api = signedIn(pair.access_token)
done('refresh')

const { data: bulk } = await api.todos.bulkTodos({
  operations: [
    { op: 'create', value: { title: 'Read' } },
    { op: 'update', id: seeds.id, value: { priority: 'low' } },
    { op: 'delete', id: letter.id },
    { op: 'delete', id: 2147483647 },
  ],
})
const [created, updated, , absent] = bulk.results
same(
  bulk.results.map(({ status }) => status),
  [201, 200, 204, 404],
)
same([created?.data?.title, updated?.data?.priority], ['Read', 'low'])
same(absent?.problem?.code, 'not_found')
done('bulk')

const file = await (await api.books.exportBooks()).text()
same(file.includes('The Republic'), true)
done('export')

same((await api.todos.deleteTodo(id)).status, 204)
same(await refused(api.todos.getTodo(id)), [404, 'not_found'])
done('delete')

same((await api.auth.logout({ scope: 'this' })).status, 204)
done('log out')

same(await refused(api.me.getMe()), [401, 'token_revoked'])
done('401 after')
