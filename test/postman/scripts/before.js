// Before each request that needs a token: there must be one that is good for another minute.
const SPARE = 60_000
const variables = pm.environment

const post = (path, body, done) =>
  pm.sendRequest(
    {
      url: `${variables.get('baseUrl')}${API.base}${path}`,
      method: 'POST',
      header: { 'Content-Type': 'application/json' },
      body: { mode: 'raw', raw: JSON.stringify(body) },
    },
    done,
  )

const keep = (reply) => {
  const { access_token: access, refresh_token: refresh, expires_in: seconds } = reply.json()
  variables.set('accessToken', access)
  if (refresh) variables.set('refreshToken', refresh)
  variables.set('accessTokenExpires', Date.now() + seconds * 1000)
}

const logIn = () =>
  post(
    API.login,
    { [API.name]: variables.get('username'), password: variables.get('password') },
    (error, reply) => {
      if (!error && reply.code === 200) keep(reply)
    },
  )

const renew = () =>
  post(API.refresh, { refresh_token: variables.get('refreshToken') }, (error, reply) => {
    if (error || reply.code !== 200) logIn()
    else keep(reply)
  })

if (!API.open.includes(pm.info.requestName)) {
  const left = Number(variables.get('accessTokenExpires') || 0) - Date.now()
  if (!variables.get('accessToken')) logIn()
  else if (left < SPARE) renew()
}
