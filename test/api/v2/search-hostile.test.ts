import * as fc from 'fast-check'
import { test } from 'tap'
import { RESOURCES, urlOf } from './content.ts'
import { open, titles } from './listed.ts'
import { USERS } from './listed-users.ts'

const SIGNS = [
  'AND',
  'OR',
  'NOT',
  'NEAR',
  'NEAR(plum pear, 2)',
  'plum AND',
  'OR pear',
  'NOT plum',
  'plum NOT pear',
  '*',
  'plum*',
  '*plum',
  '^plum',
  ':',
  'title:plum',
  'search_text:plum',
  '{a b}:plum',
  '-plum',
  '+plum',
  '"',
  '"plum',
  'plum"',
  '""',
  '"""',
  '"plum" "',
  '""plum""',
  '" " "',
  '“plum',
  "'",
  "''",
  "plum'",
  '`',
  '\\',
  '(',
  ')',
  '(plum',
  'plum)',
  '()',
  '((((',
  '[',
  ']',
  '{',
  '}',
  '&',
  '|',
  '!',
  '<->',
  'plum & !pear',
  'plum:*',
  'plum:A',
  '%',
  '_',
  '_u1',
  '_cgeneral',
  '?',
  '$1',
  ':q',
  '@q',
  '--',
  '; drop table posts',
  '/*',
  "x' or '1'='1",
  '\u0301',
  '\u0301\u0301',
  '😀',
  '👩‍👩‍👧',
  '\u200b',
  '\ufeff',
  '\u202e',
  '…',
  '　',
  '\t\n',
  '\u007f',
  '\u0085',
  'a'.repeat(200),
  '"'.repeat(200),
  '*'.repeat(200),
  '('.repeat(200),
  '東'.repeat(200),
  'ﷺ'.repeat(11),
  'ß',
  'ǅ',
  'İ',
  'ſ',
  'Å',
  '㌖',
  '①',
  '½',
  '𝔭𝔩𝔲𝔪',
  'ᾳ',
  '\u1100\u1161',
  '가',
]

await test('S49 whatever is searched for is data: no text fails, and none finds what it should not', async (t) => {
  const { alice, request } = await open(t, 'todos', [
    { title: 'a', description: 'plum and pear, not near or title' },
    { title: 'b', description: 'plum pear secret', by: 'bob' },
  ])
  for (const resource of RESOURCES.filter(({ name }) => name !== 'todos'))
    await alice.post(urlOf(resource), resource.most)
  for (const q of SIGNS)
    for (const name of ['posts', 'todos', 'books', 'users'])
      for (const more of [{}, { total: 'true', sort: 'id:asc' }, { sort: 'relevance' }]) {
        const reply = await alice.get(`/api/v2/${name}`, { query: { q, ...more } })
        t.equal(reply.status, 200, `${name} ${JSON.stringify(q)} ${JSON.stringify(more)}`)
        if (name === 'todos') t.ok(['', 'a'].includes(titles(reply)), 'nothing of anybody else')
      }
  const found = async (q: string) => titles(await alice.get('/api/v2/todos', { query: { q } }))
  t.equal(await found('plum AND pear'), 'a', 'operators are words')
  t.equal(await found('plum OR elder'), '')
  t.equal(await found('NOT plum'), 'a')
  t.equal(await found('(pl*) ^pe:'), 'a', 'signs are none')
  t.equal(await found('"plum and pear'), 'a', 'a quote that nothing closes is none')
  t.equal(await found('secret'), '')

  const any = fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (q) => {
    const { status } = await request('GET', USERS, { query: { q } })
    return status === 200 || (/[\0\p{Cs}]/u.test(q) && status === 422)
  })
  await fc.assert(any, { numRuns: 200 })
})

await test('S59 a search that is too long, has too many words or comes twice is refused by name', async (t) => {
  const { request } = await open(t, 'posts', [{ title: 'a', content: 'one' }])
  const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join(' ')
  const get = (q: string) => request('GET', '/api/v2/posts', { query: { q } })
  t.equal((await get(words(20))).status, 200)
  t.equal((await get(`${words(20)} w1 W1 w2`)).status, 200, 'the same word is one')
  t.equal((await get('😀'.repeat(200))).status, 200, 'characters, not bytes')
  const refused: Array<[q: string, code: string]> = [
    [words(21), 'too_many'],
    ['a'.repeat(201), 'too_long'],
    ['plum\0', 'invalid_characters'],
  ]
  for (const [q, code] of refused) {
    const { status, body } = await get(q)
    t.match(
      { status, errors: body.errors },
      { status: 422, errors: [{ in: 'query', parameter: 'q' }] },
    )
    t.equal(body.errors.length, 1, code)
    t.match(body.errors[0].code, new RegExp(`${code}|malformed_text`), code)
  }
  t.match(await request('GET', '/api/v2/posts?q=a&q=b'), {
    status: 422,
    body: { errors: [{ parameter: 'q' }] },
  })
  t.match(await request('GET', '/api/v2/posts?q%00=a'), { status: 422 })
  t.match(await request('GET', '/api/v1/posts?q=a'), { status: 400 }, 'v1 has no search of posts')
})
