// After each request: the reply must be one that the document promises. Tokens in it are kept.
const replies = CONTRACT.operations[pm.info.requestName]
const { code } = pm.response
const schema = replies[code]

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

const isJson = /\bjson\b/.test(pm.response.headers.get('Content-Type') || '')
const {
  access_token: access,
  refresh_token: refresh,
  expires_in: seconds,
} = isJson ? pm.response.json() : {}
if (access) {
  pm.environment.set('accessToken', access)
  pm.environment.set('accessTokenExpires', Date.now() + seconds * 1000)
}
if (access && refresh) pm.environment.set('refreshToken', refresh)
