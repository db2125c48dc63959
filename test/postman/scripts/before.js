// Before each request: what needs a token gets one that is good for another minute, and an account that was there already stays as it is.
const SPARE = 60_000
const { requestName } = pm.info
const username = pm.variables.get('username')
const registered = pm.environment.get('registered')
const isForRegistered = API.registered.includes(requestName)
const isRegistered = (account) => Boolean(account) && account === registered

const keep = (reply) => {
  const { access_token: access, refresh_token: refresh, expires_in: seconds } = reply.json()
  pm.environment.set('accessToken', access)
  if (refresh) pm.environment.set('refreshToken', refresh)
  pm.environment.set('accessTokenExpires', Date.now() + seconds * 1000)
}

// Without a login all that follows would fail, and passwords that are wrong make the server wait longer and longer.
const giveUp = (why) => {
  pm.variables.set('noLogin', why)
  pm.execution.setNextRequest(null)
  if (!isForRegistered) return
  pm.test('somebody is logged in', () => pm.expect.fail(why))
  pm.execution.skipRequest()
}

const logIn = (then) => {
  if (!username)
    return giveUp(
      'nobody is logged in: set username and password in the environment, or run the folder Begin before',
    )
  const body = { [API.name]: username, password: pm.variables.get('password') }
  return send('POST', `${API.base}${API.login}`, { body }, (error, reply) => {
    if (error || reply.code !== 200)
      return giveUp(`the login of ${username} failed: ${error || reply.text()}`)
    keep(reply)
    return then()
  })
}

const renew = (then) => {
  const body = { refresh_token: pm.environment.get('refreshToken') }
  send('POST', `${API.base}${API.refresh}`, { body }, (error, reply) => {
    if (error || reply.code !== 200) return logIn(then)
    keep(reply)
    return then()
  })
}

const withToken = (then) => {
  const left = Number(pm.environment.get('accessTokenExpires') || 0) - Date.now()
  if (!pm.environment.get('accessToken')) logIn(then)
  else if (left < SPARE) renew(then)
  else then()
}

const skip = () => {
  console.log(`${requestName}: skipped, it is only for an account that Register has made`)
  pm.execution.skipRequest()
}

// The server says whose token it is: that is whom the request would change.
const lookUpAccount = () =>
  send('GET', `${API.base}/me`, { token: pm.variables.get('accessToken') }, (error, reply) => {
    const me = !error && reply.code === 200 ? reply.json() : {}
    pm.collectionVariables.set('userId', me.id || '')
    if (isForRegistered && !isRegistered(me.username)) skip()
  })

// Tokens and ids are of one account on one server.
const owner = `${username} ${pm.variables.get('baseUrl')}`
for (const [scope, kept] of [
  [pm.environment, ['accessToken', 'refreshToken', 'accessTokenExpires']],
  [pm.collectionVariables, API.kept],
]) {
  const before = scope.get('keptFor')
  if (before && before !== owner) for (const key of kept) scope.unset(key)
  scope.set('keptFor', owner)
}

pm.variables.set('noLogin', '')
if (isForRegistered && !isRegistered(username)) skip()
else if (API.account.includes(requestName)) withToken(lookUpAccount)
else if (!API.open.includes(requestName)) withToken(() => {})
