import { test } from 'tap'
import { start } from '../../helper.ts'

const BOOKS = '/api/v1/books'

await test('books', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const bob = await as('bob')
  const add = async (title: string, author = 'Ursula K. Le Guin', by = alice) =>
    (await by.post(BOOKS, { title, author })).body

  await t.test('S48 a new book belongs to whoever added it', async (t) => {
    const reply = await alice.post(BOOKS, { title: ' The Dispossessed ', author: '\tLe Guin\n' })
    const { id } = reply.body
    t.equal(reply.status, 201)
    t.equal(reply.headers['location'], `${BOOKS}/${id}`)
    const book = { id, title: 'The Dispossessed', author: 'Le Guin', user_id: alice.id }
    t.strictSame(reply.body, book)
    t.strictSame((await alice.get(`${BOOKS}/${id}`)).body, book)
    t.strictSame((await bob.get(`${BOOKS}/${id}`)).body, book, 'the catalogue is shared')
    t.equal((await bob.post(BOOKS, { title: 'a', author: 'b' })).body.user_id, bob.id)
  })

  await t.test('a change replaces title and author', async (t) => {
    const book = await add('Before')
    const change = { title: ' After ', author: 'Someone' }
    const changed = { ...book, title: 'After', author: 'Someone' }
    const reply = await alice.put(`${BOOKS}/${book.id}`, change)
    t.hasStrict(reply, { status: 200, body: changed })
    t.strictSame((await bob.get(`${BOOKS}/${book.id}`)).body, changed)
  })

  await t.test('a deleted book is gone', async (t) => {
    const book = await add('Short-lived')
    const reply = await alice.delete(`${BOOKS}/${book.id}`)
    t.strictSame([reply.status, reply.text, reply.headers['content-type']], [204, '', undefined])
    for (const again of [
      await alice.get(`${BOOKS}/${book.id}`),
      await alice.put(`${BOOKS}/${book.id}`, { title: 'x', author: 'y' }),
      await alice.delete(`${BOOKS}/${book.id}`),
    ])
      t.hasStrict(again, { status: 404, body: { error: 'Not Found', message: 'Book not found' } })
  })

  await t.test('the longest title and author are kept whole', async (t) => {
    const longest = { title: '本'.repeat(200), author: '🐢'.repeat(200) }
    const kept = await alice.post(BOOKS, longest)
    t.equal(kept.status, 201)
    t.hasStrict((await alice.get(`${BOOKS}/${kept.body.id}`)).body, longest)
  })

  await t.test('books are listed as a bare array, oldest first, whoever added them', async (t) => {
    const added = [await add('One'), await add('Two', 'Bob', bob), await add('Three')]
    const reply = await bob.get(BOOKS)
    t.equal(reply.status, 200)
    t.strictSame(reply.body.slice(-3), added)
    t.equal(reply.headers['x-total-count'], String(reply.body.length))
    const offset = reply.body.length - 2
    t.strictSame((await bob.get(`${BOOKS}?limit=1&offset=${offset}`)).body, [added[1]])
  })
})
