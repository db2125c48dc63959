// After each request: the reply must be one that the document promises. Tokens in it are kept.
const { requestName, requestId } = pm.info
const { code } = pm.response
const replies = CONTRACT.operations[requestName]
const expected = EXPECTED[requestName]
const isJson = /\bjson\b/.test(pm.response.headers.get('Content-Type') || '')
const body = isJson ? pm.response.json() : {}

const explain = () => {
  if (code === 429)
    return `the rate limit (${pm.response.headers.get('RateLimit-Policy')}) has room again in ${secondsToWait(pm.response)} s; a server of your own has none with RATE_LIMITS=off`
  return pm.variables.get('noLogin') || body.detail || body.message || ''
}

const check = () => {
  const schema = replies[code]
  pm.test(`it is ${expected.join(' or ')}`, () => {
    pm.expect(code, explain()).to.be.oneOf(expected)
  })
  pm.test('the status is documented', () => {
    pm.expect(Object.keys(replies)).to.include(String(code))
  })
  if (schema)
    pm.test('the body is as documented', () => {
      pm.response.to.have.jsonSchema(
        { allOf: [{ $ref: `#/definitions/${schema}` }], definitions: CONTRACT.schemas },
        { unknownFormats: 'ignore' },
      )
    })
  // Nothing that follows can succeed without an account and its session.
  if (BEGIN.includes(requestName) && !expected.includes(code)) pm.execution.setNextRequest(null)
}

const repeats = pm.variables.get('repeats') || 0
if (isWorthWaiting(pm.response) && repeats < TRIES) {
  const seconds = secondsToWait(pm.response)
  pm.variables.set('repeats', repeats + 1)
  // A request that is not part of a run is not sent again.
  pm.test.skip(`the rate limit has room again in ${seconds} s: a run goes on then`, () => {})
  pm.execution.setNextRequest(requestId)
  setTimeout(() => {}, seconds * 1000)
} else {
  pm.variables.set('repeats', 0)
  check()
}

const { access_token: access, refresh_token: refresh, expires_in: seconds } = body
if (access) {
  pm.environment.set('accessToken', access)
  pm.environment.set('accessTokenExpires', Date.now() + seconds * 1000)
}
if (access && refresh) pm.environment.set('refreshToken', refresh)
