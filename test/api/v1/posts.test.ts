import { test } from 'tap'
import { start } from '../../helper.ts'

const POSTS = '/api/v1/posts'

await test('posts', async (t) => {
  const { as, clock, request } = await start(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const write = async (title: string, content = 'Some text.', by = alice) =>
    (await by.post(POSTS, { title, content })).body

  await t.test('S48 a new post belongs to whoever wrote it', async (t) => {
    const reply = await alice.post(POSTS, { title: '  On reading ', content: ' Copy it.\n' })
    const { id, created_at } = reply.body
    t.equal(reply.status, 201)
    t.equal(reply.headers['location'], `${POSTS}/${id}`)
    t.strictSame(reply.body, {
      id,
      title: 'On reading',
      content: ' Copy it.\n',
      user_id: alice.id,
      created_at,
      updated_at: created_at,
    })
    t.equal(created_at.slice(0, 15), clock.now().toISOString().slice(0, 15))
    t.strictSame((await request('GET', reply.headers['location'] ?? '')).body, reply.body)
    t.equal((await bob.post(POSTS, { title: 'a', content: 'b' })).body.user_id, bob.id)
  })

  await t.test('everyone may read a post, whatever token they show', async (t) => {
    const post = await write('For all')
    for (const authorization of ['Bearer nonsense', 'Basic x', `Bearer ${bob.accessToken}`]) {
      const reply = await request('GET', `${POSTS}/${post.id}`, { headers: { authorization } })
      t.hasStrict(reply, { status: 200, body: post }, authorization)
    }
  })

  await t.test('a change leaves what it does not name', async (t) => {
    const post = await write('Before', 'The content.')
    clock.advance(2)
    const titled = await alice.put(`${POSTS}/${post.id}`, { title: ' After ' })
    const { updated_at } = titled.body
    t.equal(titled.status, 200)
    t.strictSame(titled.body, { ...post, title: 'After', updated_at })
    t.ok(updated_at > post.updated_at, 'the time of the change')
    const written = await alice.put(`${POSTS}/${post.id}`, { content: 'Other.' })
    t.hasStrict(written.body, { title: 'After', content: 'Other.', created_at: post.created_at })
    const both = { title: 'Both', content: 'of them' }
    t.hasStrict(await alice.put(`${POSTS}/${post.id}`, both), { status: 200, body: both })
    t.hasStrict((await request('GET', `${POSTS}/${post.id}`)).body, both)
  })

  await t.test('a deleted post is gone, and its id is not given again', async (t) => {
    const post = await write('Short-lived')
    const reply = await alice.delete(`${POSTS}/${post.id}`)
    t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
    for (const again of [
      await request('GET', `${POSTS}/${post.id}`),
      await alice.put(`${POSTS}/${post.id}`, { title: 'x' }),
      await alice.delete(`${POSTS}/${post.id}`),
    ])
      t.hasStrict(again, { status: 404, body: { error: 'Not Found', message: 'Post not found' } })
    t.ok((await write('Next')).id > post.id)
  })

  await t.test('the longest title and content are kept whole', async (t) => {
    const longest = { title: '🐢'.repeat(200), content: 'é'.repeat(100_000) }
    const kept = await alice.post(POSTS, longest)
    t.equal(kept.status, 201)
    t.hasStrict((await request('GET', `${POSTS}/${kept.body.id}`)).body, longest)
  })

  await t.test('posts are listed oldest first, also those of one user', async (t) => {
    const carol = await as('carol')
    const ids: number[] = []
    for (const title of ['first', 'second', 'third'])
      ids.push((await write(title, 'c', carol)).id, (await write(title)).id)
    const list = async (query = '') => {
      const { body, headers } = await request('GET', `${POSTS}${query}`)
      const listed: number[] = body.posts.map(({ id }: { id: number }) => id)
      return { listed, total: headers['x-total-count'] }
    }
    const { listed, total } = await list()
    t.strictSame(listed.slice(-6), ids)
    t.strictSame(
      listed,
      listed.toSorted((a, b) => a - b),
    )
    t.equal(total, String(listed.length))
    const hers = ids.filter((_, i) => i % 2 === 0)
    t.strictSame(await list(`?user_id=${carol.id}`), { listed: hers, total: '3' })
    t.strictSame((await list(`?user_id=${carol.id}&limit=1&offset=1`)).listed, hers.slice(1, 2))
    t.strictSame(await list('?user_id=2147483647'), { listed: [], total: '0' })
  })
})
