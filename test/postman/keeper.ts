/** Somebody who has an account, with what is theirs. */
export interface Keeper {
  address: string
  username: string
  password: string
  accessToken: string
}

/** Registers them and gives them one record of each kind; `empty` none, and no session. */
export async function registerKeeper(address: string, { empty = false } = {}): Promise<Keeper> {
  const names = { username: 'keeper', password: 'a house of many rooms' }
  const keeper = { address, ...names, accessToken: '' }
  await call(keeper, 'POST', '/auth/register', names)
  if (empty) return keeper
  const body = { identifier: names.username, password: names.password }
  const { access_token: accessToken } = await call<{ access_token: string }>(
    keeper,
    'POST',
    '/auth/login',
    body,
  )
  const loggedIn = { ...keeper, accessToken }
  await call(loggedIn, 'PATCH', '/me', { phone: '+493012345678' })
  await call(loggedIn, 'POST', '/posts', { title: 'Kept', content: 'For good.' })
  await call(loggedIn, 'POST', '/todos', { title: 'Keep it' })
  await call(loggedIn, 'POST', '/books', { title: 'Kept', author: 'Keeper' })
  await call(loggedIn, 'POST', '/auth/api-keys', { name: 'Kept', scopes: ['todos:read'] })
  return loggedIn
}

/** All that is theirs, with the sessions that are open. Their password still lets them in, and their session is still good. */
export async function recordsOf(keeper: Keeper): Promise<object> {
  const { username, password } = keeper
  const { id } = await call<{ id: number }>(keeper, 'GET', '/me')
  const { session_id: session } = await call<{ session_id: number }>(
    keeper,
    'POST',
    '/auth/login',
    {
      identifier: username,
      password,
    },
  )
  await call(keeper, 'DELETE', `/auth/sessions/${session}`)
  const records: Record<string, unknown> = { me: await call(keeper, 'GET', '/me') }
  for (const path of [`/posts?user_id=${id}`, '/todos', `/books?user_id=${id}`, '/auth/api-keys'])
    records[path] = await call(keeper, 'GET', path)
  const { data } = await call<{ data: Array<{ id: number }> }>(keeper, 'GET', '/auth/sessions')
  return { ...records, sessions: data.map((one) => one.id) }
}

/** @throws Error when the server refuses. */
async function call<T>(
  { address, accessToken }: Keeper,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const reply = await fetch(`${address}/api/v2${path}`, {
    method,
    headers: {
      ...(accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
  return JSON.parse(text === '' ? 'null' : text)
}
