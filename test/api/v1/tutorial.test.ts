import { test } from 'tap'
import { start, type Started } from '../../helper.ts'

/**
 * A client as the classic Flask-JWT tutorials write it: it logs in, sends the access token, and when that gets a 401 it asks
 * for a new one with the refresh token as Bearer, and tries again.
 */
function tutorialClient(
  { request }: Started,
  base: string,
  user: { username: string; password: string },
) {
  let access = ''
  let refresh = ''
  let renewals = 0

  const call = (method: string, path: string, token: string, json?: object) =>
    request(method, base + path, {
      ...(json && { body: json }),
      headers: { authorization: `Bearer ${token}` },
    })
  return {
    renewals: () => renewals,
    async logIn() {
      const reply = await request('POST', `${base}/login`, { body: user })
      if (reply.status !== 200) throw new Error(reply.body.message)
      access = reply.body.access_token
      refresh = reply.body.refresh_token
    },
    async send(method: string, path: string, json?: object) {
      const reply = await call(method, path, access, json)
      if (reply.status !== 401) return reply
      const renewed = await call('POST', '/refresh', refresh)
      if (renewed.status !== 200) return renewed
      access = renewed.body.access_token
      renewals += 1
      return call(method, path, access, json)
    },
  }
}

await test('a client of the tutorials works as it is', async (t) => {
  const started = await start(t)
  const { clock, config, request } = started
  const user = { username: 'test', password: 'test the waters' }
  await request('POST', '/api/v1/users', { body: user })
  const client = tutorialClient(started, '/api/v1', user)
  await client.logIn()

  await t.test('it is told who it is', async (t) => {
    const reply = await client.send('GET', '/protected')
    t.hasStrict(reply, { status: 200, body: { logged_in_as: 'test' } })
  })

  for (const [path, list, first, second] of [
    [
      '/books',
      undefined,
      { title: '1984', author: 'George Orwell' },
      { title: 'Animal Farm', author: 'George Orwell' },
    ],
    ['/posts', 'posts', { title: 'Hello', content: 'World' }, { title: 'Hi', content: 'there' }],
  ] as const)
    await t.test(`it creates, lists, reads, edits and deletes ${path}`, async (t) => {
      const created = await client.send('POST', path, first)
      t.hasStrict(created, { status: 201, body: first })
      const one = `${path}/${created.body.id}`
      const { status, body } = await client.send('GET', path)
      t.equal(status, 200)
      t.strictSame(list === undefined ? body : body[list], [created.body])
      t.strictSame((await client.send('GET', one)).body, created.body)
      t.hasStrict(await client.send('PUT', one, second), { status: 200, body: second })
      t.hasStrict((await client.send('GET', one)).body, second)
      t.equal((await client.send('DELETE', one)).status, 204)
      t.equal((await client.send('GET', one)).status, 404)
    })

  await t.test('it goes on when its access token has expired, as often as it takes', async (t) => {
    t.equal(client.renewals(), 0)
    for (const times of [1, 2, 3]) {
      clock.advance(config.accessTokenExpires + 1)
      const body = { title: `Round ${times}`, author: 'Anonymous' }
      t.hasStrict(await client.send('POST', '/books', body), { status: 201, body })
      t.equal(client.renewals(), times)
    }
    t.equal((await client.send('GET', '/books')).body.length, 3, 'each book was added once')
  })

  await t.test('it is out when it logs out', async (t) => {
    const goodbye = { status: 200, body: { message: 'Successfully logged out' } }
    t.hasStrict(await client.send('DELETE', '/logout'), goodbye)
    t.hasStrict(await client.send('GET', '/protected'), {
      status: 401,
      body: { error: 'Unauthorized', message: 'Token has been revoked' },
    })
  })

  await t.test('it must log in again when its refresh token has expired too', async (t) => {
    await client.logIn()
    clock.advance(config.refreshTokenExpires + 1)
    t.hasStrict(await client.send('GET', '/protected'), {
      status: 401,
      body: { error: 'Unauthorized', message: 'Refresh token has expired' },
    })
    await client.logIn()
    t.equal((await client.send('GET', '/protected')).status, 200)
  })
})
