import { test } from 'tap'
import { start } from '../../helper.ts'
import { RESOURCES, urlOf } from './content.ts'

const V1 = {
  posts: ['id', 'title', 'content', 'user_id', 'created_at', 'updated_at'],
  todos: ['id', 'title', 'description', 'completed', 'user_id', 'created_at', 'updated_at'],
  books: ['id', 'title', 'author', 'user_id'],
}
const CHANGE = {
  posts: { title: 'By v1' },
  todos: { title: 'By v1' },
  books: { title: 'By v1', author: 'v1' },
}

for (const resource of RESOURCES) {
  const { name, most } = resource
  await test(`v1 and v2 show the same ${name}, and v1's writes raise the tag`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    const made = await alice.post(urlOf(resource), most)
    const { id } = made.body
    const [plain, modern] = [`/api/v1/${name}/${id}`, urlOf(resource, id)]
    const old = (await alice.get(plain)).body
    t.strictSame(Object.keys(old), V1[name], 'v1 has the members it always had')
    const { user_id, ...same } = old
    t.hasStrict(made.body, same)
    t.equal(user_id, alice.id)

    const changed = (await alice.put(plain, CHANGE[name])).body
    const read = await alice.get(modern)
    t.hasStrict(read.body, { ...made.body, ...CHANGE[name], updated_at: read.body.updated_at })
    t.not(read.headers['etag'], made.headers['etag'])
    const headers = { 'if-match': String(made.headers['etag']) }
    t.equal((await alice.patch(modern, { title: 'late' }, { headers })).status, 412)
    t.hasStrict(changed, CHANGE[name])

    const ofV1 = (await alice.post(`/api/v1/${name}`, pick(most, V1[name]))).body
    t.match(await alice.get(urlOf(resource, ofV1.id)), { status: 200, body: { title: ofV1.title } })
    const listed = await alice.get(`${urlOf(resource)}?sort=id:asc&fields=id`)
    t.strictSame(listed.body.data, [{ id }, { id: ofV1.id }])
    t.equal((await alice.delete(`/api/v1/${name}/${id}`)).status, 204)
    t.equal((await alice.get(modern)).status, 404)
  })
}

function pick(record: object, members: string[]) {
  return Object.fromEntries(Object.entries(record).filter(([member]) => members.includes(member)))
}
