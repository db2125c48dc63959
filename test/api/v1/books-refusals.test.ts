import { test } from 'tap'
import { start } from '../../helper.ts'
import { badIds, unknownMembers, wrongTypes } from '../faults.ts'
import { refuses, refusesOutsiders } from './refusals.ts'

const PRIVATE = ['GET /books', 'GET /books/1', 'POST /books', 'PUT /books/1', 'DELETE /books/1']

await test('books refuse', async (t) => {
  const started = await start(t)
  const first = await started.as('first')
  await first.post('/api/v1/books', { title: 'Walden', author: 'Thoreau' })
  await t.test('S22 S38 whoever has no valid access token', (t) =>
    refusesOutsiders(t, started, PRIVATE),
  )
  const alice = await started.as('alice')
  const book = { title: 'Walden', author: 'Thoreau' }
  const { id } = (await alice.post('/api/v1/books', book)).body
  const put = `PUT /books/${id}`

  await t.test('S45 a book that someone else added is neither edited nor deleted', async (t) => {
    await refuses(t, started, await started.as('bob'), [
      { call: put, body: book, status: 403, message: 'You can only edit your own books' },
      { call: `DELETE /books/${id}`, status: 403, message: 'You can only delete your own books' },
    ])
  })
  await t.test('S45 a book that is absent', async (t) => {
    const absent = { status: 404, message: 'Book not found' }
    await refuses(t, started, alice, [
      { call: 'GET /books/2147483647', ...absent },
      { call: 'PUT /books/2147483647', body: book, ...absent },
      { call: 'DELETE /books/2147483647', ...absent },
    ])
  })
  await t.test('S47 a member that is not theirs, by its name', async (t) => {
    await refuses(t, started, alice, [
      ...unknownMembers('POST /books', book),
      ...unknownMembers(put, book),
      ...['isbn', 'published_year', 'description', 'Title'].map((member) => ({
        call: put,
        body: { ...book, [member]: 'of v2' },
        status: 400,
        message: `"${member}" is not a member of this body`,
      })),
    ])
  })
  await t.test('S51 S58 what is no id, before it is looked for', async (t) => {
    await refuses(
      t,
      started,
      alice,
      badIds([
        { call: 'GET /books/{id}' },
        { call: 'PUT /books/{id}', body: book },
        { call: 'DELETE /books/{id}' },
      ]),
    )
  })
  await t.test('S7 S56 a value of another type: bodies are not coerced', async (t) => {
    await refuses(t, started, alice, [
      ...wrongTypes('POST /books', book, { title: 'string', author: 'string' }),
      ...wrongTypes(put, book, { title: 'string', author: 'string' }),
    ])
  })
  await t.test('a change that does not say both, and what is blank or too long', async (t) => {
    const refused: Array<[body: object, message: string]> = [
      [{}, 'title is required; author is required'],
      [{ title: 'x' }, 'author is required'],
      [{ author: 'x' }, 'title is required'],
      [{ ...book, title: '' }, 'title must not be empty; title must not be blank'],
      [{ ...book, author: ' ' }, 'author must not be blank'],
      [{ ...book, title: 'x'.repeat(201) }, 'title must have at most 200 characters'],
      [{ ...book, author: '🐢'.repeat(201) }, 'author must have at most 200 characters'],
    ]
    await refuses(
      t,
      started,
      alice,
      refused.flatMap(([body, message]) => [
        { call: 'POST /books', body, status: 400, message },
        { call: put, body, status: 400, message },
      ]),
    )
  })
})
