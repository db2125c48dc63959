import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { start, type Started } from '../../helper.ts'

const ROWS = 3000

/** A server that listens, with a user who has many books, and a raw connection that asks for them. */
async function open(t: Test) {
  const started = await start(t)
  const alice = await started.as('alice')
  const line = JSON.stringify({ title: 'Walden', author: 'Thoreau', description: 'x'.repeat(5000) })
  const file = `${line}\n`.repeat(ROWS)
  const reply = await alice.post('/api/v2/books/import', file, {
    headers: { 'content-type': 'application/x-ndjson' },
  })
  t.equal(reply.status, 201)
  const { port } = new URL(await started.app.listen({ port: 0, host: '127.0.0.1' }))
  const pages = countPages(started)
  function ask() {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    t.teardown(() => socket.destroy())
    socket.write(
      `GET /api/v2/books/export?format=ndjson HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${alice.accessToken}\r\n\r\n`,
    )
    return socket
  }
  return { ...started, alice, ask, pages }
}

/** Counts the pages of exports that are read, and can make the next ones fail. */
function countPages({ backend: { store } }: Started) {
  const { read } = store
  const pages = { read: 0, fail: false }
  store.read = (statement, values) => {
    if (statement.name === 'export_books_own') {
      pages.read += 1
      if (pages.fail) return Promise.reject(new Error('the disk is gone'))
    }
    return read(statement, values)
  }
  return pages
}

/** Waits until nothing more is read. */
async function settled(pages: { read: number }) {
  for (let before = -1; before !== pages.read;) {
    before = pages.read
    await pause(150)
  }
  return pages.read
}
const whole = Math.ceil(ROWS / 200)

await test('a reader who does not read stops the export, and one who goes on gets all of it', async (t) => {
  const { ask, pages } = await open(t)
  const socket = ask().pause()
  const read = await settled(pages)
  t.ok(read < whole, `${read} of ${whole} pages were read`)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  socket.resume()
  await once(socket, 'close')
  t.ok(pages.read >= whole)
  t.equal(text.split('"title":"Walden"').length - 1, ROWS)
  t.match(text, /\r\n0\r\n\r\n$/, 'the end is told')
})

await test('when the client hangs up nothing more is read', async (t) => {
  const { ask, pages, alice } = await open(t)
  const socket = ask().pause()
  const read = await settled(pages)
  socket.destroy()
  t.equal(await settled(pages), read)
  t.equal((await alice.get('/api/v2/me')).status, 200)
})

await test('a fault half way breaks the connection: no half file passes for a whole one', async (t) => {
  const { ask, pages } = await open(t)
  const socket = ask().pause()
  await settled(pages)
  pages.fail = true
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  socket.resume()
  await once(socket, 'close')
  t.match(text, /^HTTP\/1.1 200 /)
  t.notMatch(text, /\r\n0\r\n\r\n$/)
})

await test('a session that ends takes its exports along', async (t) => {
  const { ask, pages, alice } = await open(t)
  const socket = ask().pause()
  const read = await settled(pages)
  t.equal((await alice.post('/api/v2/auth/logout')).status, 204)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  socket.resume()
  await once(socket, 'close')
  t.notMatch(text, /\r\n0\r\n\r\n$/)
  t.ok(pages.read <= read + 1, 'at once')
})

await test('a database that fails before the first page is told as ever', async (t) => {
  const { alice, pages } = await open(t)
  pages.fail = true
  const { status, headers } = await alice.get('/api/v2/books/export')
  t.equal(status, 500)
  t.notOk(headers['content-disposition'])
})
