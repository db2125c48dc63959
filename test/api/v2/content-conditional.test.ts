import { test } from 'tap'
import { start } from '../../helper.ts'
import { everything } from '../refusals.ts'
import { RESOURCES, urlOf } from './content.ts'
import { refuses, STALE } from './refusals.ts'

/** `{}` stands for the present tag, `#` for the revisions in it. */
const MATCHING = ['{}', '*', ' * ', '"x", {}', '{},"x"', ', {} ,,']
const OTHERS = ['"x"', 'W/{}', '"#"', '"a#"', '"{}"', '', ',', '{', '{}x', '*, {}', '"# "', '~']

/** The tag with the revisions of another kind of record: one more, or one less. */
function otherLength(tag: string) {
  return tag.includes('.') ? tag.replace(/\.\d+/, '') : tag.replace(/"$/, '.1"')
}

for (const resource of RESOURCES) {
  const { name, least, isShared } = resource

  await test(`If-None-Match spares a client the ${name} that it has`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    const made = await alice.post(urlOf(resource), least)
    const url = urlOf(resource, made.body.id)
    const tag = String(made.headers['etag'])
    for (const field of [tag, `W/${tag}`, '*', `"x", ${tag}`]) {
      const reply = await alice.get(url, { headers: { 'if-none-match': field } })
      t.match(reply, { status: 304, text: '', headers: { etag: tag } }, field)
      t.notOk('content-type' in reply.headers)
    }
    for (const field of ['"x"', '', tag.replaceAll('"', '')])
      t.equal((await alice.get(url, { headers: { 'if-none-match': field } })).status, 200, field)
    await alice.patch(url, { title: 'changed' })
    t.equal((await alice.get(url, { headers: { 'if-none-match': tag } })).status, 200)
  })

  await test(`S46 If-Match lets a write of ${name} proceed that has seen the present state`, async (t) => {
    const started = await start(t)
    const alice = await started.as('alice')
    const { id } = (await alice.post(urlOf(resource), least)).body
    const url = urlOf(resource, id)
    const tagNow = async () => String((await alice.get(url)).headers['etag'])
    for (const field of MATCHING) {
      const headers = { 'if-match': field.replace('{}', await tagNow()) }
      const reply = await alice.patch(url, { title: 'x' }, { headers })
      t.match(reply, { status: 200, headers: { etag: await tagNow() } }, field)
    }
    const stale = await tagNow()
    await alice.patch(url, { title: 'y' })
    const present = await tagNow()
    const rows = [stale, ...OTHERS].flatMap((field) =>
      [`PATCH /${name}/${id}`, `DELETE /${name}/${id}`].map((call) => ({
        call,
        ...(call.startsWith('PATCH') && { body: { title: 'late' } }),
        name: field,
        headers: {
          'if-match': field
            .replace('{}', present)
            .replace('#', present.slice(2, -1))
            .replace('~', otherLength(present)),
        },
        ...STALE,
      })),
    )
    await refuses(t, started, alice, rows)
    const headers = { 'if-match': `"x", ${present}` }
    t.equal((await alice.delete(url, undefined, { headers })).status, 204)
    const other = (await alice.post(urlOf(resource), least)).body
    const any = { headers: { 'if-match': '*' } }
    t.equal((await alice.delete(urlOf(resource, other.id), undefined, any)).status, 204)
  })

  await test(`S46 of twenty writers of ${name} who have seen the same state one wins`, async (t) => {
    const { as } = await start(t)
    const alice = await as('alice')
    const made = await alice.post(urlOf(resource), least)
    const url = urlOf(resource, made.body.id)
    let tag = String(made.headers['etag'])
    for (const round of [1, 2, 3]) {
      const headers = { 'if-match': tag }
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          alice.patch(url, { title: `${round}-${i}` }, { headers }),
        ),
      )
      const [won, ...others] = replies.toSorted((a, b) => a.status - b.status)
      t.equal(won?.status, 200)
      t.strictSame(
        others.map(({ body }) => body.code),
        Array(19).fill('precondition_failed'),
      )
      const read = await alice.get(url)
      t.strictSame([read.body, read.headers['etag']], [won?.body, won?.headers['etag']])
      tag = String(read.headers['etag'])
    }
    const headers = { 'if-match': tag }
    const removals = await Promise.all(
      Array.from({ length: 20 }, () => alice.delete(url, undefined, { headers })),
    )
    const statuses = removals.map(({ status }) => status).toSorted((a, b) => a - b)
    t.strictSame(statuses, [204, ...Array(19).fill(404)])
  })

  await test(`the tag of ${name} changes with all that is shown, and with nothing else`, async (t) => {
    const { as, backend } = await start(t)
    const [alice, bob] = [await as('alice'), await as('bob')]
    const made = await alice.post(urlOf(resource), least)
    const url = urlOf(resource, made.body.id)
    const tag = String(made.headers['etag'])
    await alice.post(urlOf(resource), least)
    await bob.put(`/api/v1/users/${bob.id}`, { username: 'robert' })
    await bob.patch(url, { title: 'x' })
    await alice.patch(url, { title: '' })
    t.equal((await alice.get(url)).headers['etag'], tag)

    await alice.put(`/api/v1/users/${alice.id}`, { username: 'alicia' })
    const read = await alice.get(url)
    const changes = { headers: { 'if-match': tag } }
    const before = await everything(backend)
    const reply = await alice.patch(url, { title: 'x' }, changes)
    if (isShared) {
      t.match(read.body.user, { username: 'alicia' })
      t.not(read.headers['etag'], tag)
      t.match(reply, { status: 412, body: { code: 'precondition_failed' } })
      t.equal((await alice.delete(url, undefined, changes)).status, 412)
      t.strictSame(await everything(backend), before)
    } else {
      t.equal(read.headers['etag'], tag)
      t.equal(reply.status, 200)
    }
  })
}
