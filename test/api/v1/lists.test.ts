import { test } from 'tap'
import { start } from '../../helper.ts'
import type { Refusal } from '../refusals.ts'
import { refuses } from './refusals.ts'

const LISTS: Array<[path: string, members?: string]> = [
  ['/users', 'users'],
  ['/posts', 'posts'],
  ['/todos', 'todos'],
  ['/books'],
]
const SIZE = 'limit must be a whole number from 1 to 500'
const PLACE = 'offset must be a whole number from 0 to 100000'
const origin = { ip: '127.0.0.1', userAgent: undefined, requestId: 'test' }

await test('every list', async (t) => {
  const started = await start(t)
  const {
    as,
    backend,
    documents: { v1: document },
  } = started
  const alice = await as('alice')
  const actor = { ...alice, role: 'user', sessionId: '', origin } as const
  for (let i = 0; i < 104; i++) {
    await backend.posts.create(actor, { title: `${i}`, content: 'c' })
    await backend.todos.create(actor, { title: `${i}` })
    await backend.books.create(actor, { title: `${i}`, author: 'a' })
  }
  for (const name of ['bob', 'carol', 'dave', 'erin']) await as(name)

  async function list(path: string, members: string | undefined, query: string) {
    const { status, headers, body } = await alice.get(`/api/v1${path}${query}`)
    const items: Array<{ id: number }> = members === undefined ? body : body[members]
    const links = [...(headers['link'] ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)]
    return {
      status,
      ids: items.map(({ id }) => id),
      total: Number(headers['x-total-count']),
      links: Object.fromEntries(links.map(([, url, rel]) => [rel, url])),
    }
  }

  await t.test('is in the document with limit and offset', async (t) => {
    const paths: Record<string, { get?: { parameters?: object[] } }> = document.paths
    const lists = Object.entries(paths).filter(([, { get }]) =>
      get?.parameters?.some((parameter) => JSON.stringify(parameter).includes('"limit"')),
    )
    t.strictSame(lists.map(([path]) => path).toSorted(), LISTS.map(([path]) => path).toSorted())
  })

  for (const [path, members] of LISTS) {
    await t.test(`${path} gives 100 unless asked, and counts them all`, async (t) => {
      const all = await list(path, members, '?limit=500')
      t.equal(all.total, all.ids.length)
      t.strictSame(
        all.ids,
        all.ids.toSorted((a, b) => a - b),
      )
      const some = await list(path, members, '')
      t.strictSame(some.ids, all.ids.slice(0, 100))
      t.equal(some.total, all.total)
    })
    await t.test(`${path} is read whole by following next, and back by prev`, async (t) => {
      const all = await list(path, members, '?limit=500')
      const limit = path === '/users' ? 2 : 40
      const walk = async (rel: string, from: string) => {
        const pages: number[][] = []
        for (let url: string | undefined = from; url;) {
          const page = await list(url.replace('/api/v1', ''), members, '')
          pages.push(page.ids)
          t.equal(page.links['first'], `/api/v1${path}?limit=${limit}&offset=0`)
          url = page.links[rel]
        }
        return pages
      }
      const forth = await walk('next', `${path}?limit=${limit}`)
      t.strictSame(forth.flat(), all.ids)
      const last = (forth.length - 1) * limit
      const back = await walk('prev', `${path}?limit=${limit}&offset=${last}`)
      t.strictSame(back.toReversed().flat(), all.ids)
    })
    await t.test(`${path} takes the limits at their ends`, async (t) => {
      const first = await list(path, members, '?limit=1&offset=0')
      t.equal(first.ids.length, 1)
      const beyond = await list(path, members, '?limit=500&offset=100000')
      t.strictSame([beyond.status, beyond.ids, beyond.total], [200, [], first.total])
    })
  }

  await t.test('S51 S59 refuses pages that it does not have', async (t) => {
    const queries: Array<[query: string, message: string | RegExp]> = [
      ['limit=0', SIZE],
      ['limit=501', SIZE],
      ['limit=-1', SIZE],
      ['limit=', SIZE],
      ['limit=all', SIZE],
      ['limit=1e2', SIZE],
      ['limit=0x10', SIZE],
      ['limit=10.0', SIZE],
      ['limit=010', SIZE],
      ['limit=%2010', SIZE],
      ['limit=99999999999999999999', SIZE],
      ['offset=-1', PLACE],
      ['offset=100001', PLACE],
      ['offset=1.5', PLACE],
      ['offset=x', PLACE],
      ['limit=5&limit=5', 'limit is given more than once'],
      ['limit[]=5&limit[]=6', /^limit must be|^limit is given more than once/],
      ['offset=1&offset=2', 'offset is given more than once'],
      ['page=0', '"page" is not a parameter of this path'],
      ['Limit=5', '"Limit" is not a parameter of this path'],
      ['__proto__=1', '"__proto__" is not a parameter of this path'],
      ['limit=0&offset=x&page=1', /limit must be .+offset must be|"page" is not/],
    ]
    const refusal = ([query, message]: (typeof queries)[number]): Refusal[] =>
      LISTS.map(([path]) => ({ call: `GET ${path}?${query}`, status: 400, message }))
    await refuses(t, started, alice, queries.flatMap(refusal))
  })
  await t.test('S56 S58 S59 refuses filters that it does not know', async (t) => {
    const id = 'user_id must be a whole number from 1 to 2147483647'
    const done = 'completed must be true or false'
    const sort = 'sort must be one of id, created_at'
    const rows: Array<[call: string, message: string]> = [
      ['GET /posts?user_id=0', id],
      ['GET /posts?user_id=2147483648', id],
      ['GET /posts?user_id=alice', id],
      ['GET /posts?user_id=1,2', id],
      ['GET /posts?user_id=1&user_id=2', 'user_id is given more than once'],
      ['GET /posts?search=x', '"search" is not a parameter of this path'],
      ['GET /todos?completed=1', done],
      ['GET /todos?completed=TRUE', done],
      ['GET /todos?completed=', done],
      ['GET /todos?completed=true&completed=false', 'completed is given more than once'],
      ['GET /todos?sort=title', sort],
      ['GET /todos?sort=-id', sort],
      ['GET /todos?sort=created_at:desc', sort],
      ['GET /todos?sort=id;drop%20table%20todos', sort],
      ['GET /todos?search=a&search=b', 'search is given more than once'],
      ['GET /books?author=x', '"author" is not a parameter of this path'],
      ['GET /users?role=admin', '"role" is not a parameter of this path'],
    ]
    await refuses(
      t,
      started,
      alice,
      rows.map(([call, message]) => ({ call, status: 400, message })),
    )
  })
})
