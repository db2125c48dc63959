import { test } from 'tap'
import { start } from '../../helper.ts'
import { badIds, unknownMembers, wrongTypes } from '../faults.ts'
import { refuses, refusesOutsiders } from './refusals.ts'

const PRIVATE = ['POST /posts', 'PUT /posts/1', 'DELETE /posts/1']

await test('posts refuse', async (t) => {
  const started = await start(t)
  const first = await started.as('first')
  await first.post('/api/v1/posts', { title: 'Mine', content: 'All of it.' })
  await t.test('S22 S38 whoever has no valid access token', (t) =>
    refusesOutsiders(t, started, PRIVATE),
  )
  const alice = await started.as('alice')
  const { id } = (await alice.post('/api/v1/posts', { title: 'Mine', content: 'All of it.' })).body
  const post = { title: 'On reading', content: 'Copy it.' }
  const put = `PUT /posts/${id}`

  await t.test("S45 someone else's post can be neither edited nor deleted", async (t) => {
    await refuses(t, started, await started.as('bob'), [
      { call: put, body: post, status: 403, message: 'You can only edit your own posts' },
      { call: `DELETE /posts/${id}`, status: 403, message: 'You can only delete your own posts' },
    ])
  })
  await t.test('S45 a post that is absent', async (t) => {
    const absent = { status: 404, message: 'Post not found' }
    await refuses(t, started, alice, [
      { call: 'GET /posts/2147483647', ...absent },
      { call: 'PUT /posts/2147483647', body: post, ...absent },
      { call: 'DELETE /posts/2147483647', ...absent },
    ])
  })
  await t.test('S47 a member that is not theirs, by its name', async (t) => {
    await refuses(t, started, alice, [
      ...unknownMembers('POST /posts', post),
      ...unknownMembers(put, post),
      ...unknownMembers(put, {}),
    ])
  })
  await t.test('S51 S58 what is no id, before it is looked for', async (t) => {
    await refuses(
      t,
      started,
      alice,
      badIds([{ call: 'GET /posts/{id}' }, { call: 'PUT /posts/{id}', body: post }]),
    )
    await refuses(t, started, alice, badIds([{ call: 'DELETE /posts/{id}' }]))
  })
  await t.test('S7 S56 a value of another type: bodies are not coerced', async (t) => {
    await refuses(t, started, alice, [
      ...wrongTypes('POST /posts', post, { title: 'string', content: 'string' }),
      ...wrongTypes(put, {}, { title: 'string', content: 'string' }),
    ])
  })
  await t.test('what is missing, blank or too long, naming each member', async (t) => {
    const refused: Array<[body: object, message: string]> = [
      [{ title: '' }, 'title must not be empty; title must not be blank'],
      [{ title: ' \t\n' }, 'title must not be blank'],
      [{ title: 'x'.repeat(201) }, 'title must have at most 200 characters'],
      [{ title: '🐢'.repeat(201) }, 'title must have at most 200 characters'],
      [{ content: '' }, 'content must not be empty'],
      [{ content: 'x'.repeat(100_001) }, 'content must have at most 100000 characters'],
    ]
    await refuses(
      t,
      started,
      alice,
      [
        { call: 'POST /posts', body: {}, message: 'title is required; content is required' },
        { call: 'POST /posts', body: { title: 'x' }, message: 'content is required' },
        { call: put, body: {}, message: 'The body must have at least 1 member of title, content' },
      ].map((row) => ({ ...row, status: 400 })),
    )
    await refuses(
      t,
      started,
      alice,
      refused.flatMap(([body, message]) => [
        { call: 'POST /posts', body: { ...post, ...body }, status: 400, message },
        { call: put, body, status: 400, message },
      ]),
    )
  })
})
