import { test } from 'tap'
import { ConfigError, loadConfig, type Env } from '../../src/config/index.ts'

const one = {
  name: 'example',
  issuer: 'https://login.example.com',
  client_id: 'commonplace',
  client_secret: 'canary-secret',
}
const secret = 'kYq3vN8sT1xW6zB9mR4cH7jL2pD5gF0a'
const production = {
  NODE_ENV: 'production',
  SECRET_KEY: secret,
  PUBLIC_URL: 'https://api.example.com',
}
const load = (providers: unknown, env: Env = {}) =>
  loadConfig({ NODE_ENV: 'test', OIDC_PROVIDERS: JSON.stringify(providers), ...env })

function faultsOf(providers: unknown, env?: Env) {
  try {
    load(providers, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(({ variable, rule }) => `${variable} ${rule}`)
    throw error
  }
}

await test('providers of sign-in come as JSON', async (t) => {
  const more = { ...one, name: 'more', scopes: ['openid'], label: 'More' }
  t.strictSame(load([one, more]).oidcProviders, [
    {
      name: 'example',
      issuer: 'https://login.example.com',
      clientId: 'commonplace',
      clientSecret: 'canary-secret',
    },
    {
      name: 'more',
      issuer: 'https://login.example.com',
      clientId: 'commonplace',
      clientSecret: 'canary-secret',
      scopes: ['openid'],
      label: 'More',
    },
  ])
  t.strictSame(loadConfig({ NODE_ENV: 'test' }).oidcProviders, [])
})

await test('S73 every fault of a provider is named, and no value', async (t) => {
  const faults = faultsOf([
    { name: 'canary A', issuer: 'http://canary.test', client_id: '', client_secret: 5 },
    { ...one, client_secret: undefined, colour: 'canary', scopes: ['can ary'], label: '' },
    'canary',
  ]).join('\n')
  for (const where of [
    '[0].name',
    '[0].issuer',
    '[0].client_id',
    '[0].client_secret',
    '[1].client_secret is missing',
    '[1].colour is not a member of it',
    '[1].scopes',
    '[1].label',
    '[2] must be an object',
  ])
    t.match(faults, where)
  t.notMatch(faults, 'canary')
  for (const wrong of [{}, 'canary', [one, one]]) {
    const [fault = '', ...others] = faultsOf(wrong)
    t.match(fault, /^OIDC_PROVIDERS must be a JSON list/)
    t.strictSame(others, [])
  }
  t.match(faultsOf([], { OIDC_PROVIDERS: '[{canary' }), [/^OIDC_PROVIDERS must be a JSON list/])
})

await test('an issuer is https; on the machine itself plain http will do, but not in production', async (t) => {
  const at = (issuer: string, env?: Env) => faultsOf([{ ...one, issuer }], env)
  for (const issuer of ['https://a.test/tenant', 'http://localhost:8080', 'http://127.0.0.1:1/x'])
    t.strictSame(at(issuer), [], issuer)
  for (const issuer of [
    'http://a.test',
    'https://user@a.test',
    'https://a.test/?x=1',
    'https://a.test/#x',
    'https://',
    'a.test',
    'https://a.test/ b',
  ])
    t.equal(at(issuer).length, 2, issuer)
  t.strictSame(at('https://a.test', production), [])
  t.match(at('http://localhost:8080', production), [
    'OIDC_PROVIDERS must have https issuers in production',
  ])
})

await test('sign-ins through providers need an address that nobody listens to', async (t) => {
  const fault = /^PUBLIC_URL must be https/
  t.match(faultsOf([one], { PUBLIC_URL: 'http://api.example.com' }), [fault])
  t.strictSame(faultsOf([], { PUBLIC_URL: 'http://api.example.com' }), [])
  t.strictSame(faultsOf([one], { PUBLIC_URL: 'http://localhost:3000' }), [])
  t.match(faultsOf([one], { ...production, PUBLIC_URL: 'http://localhost:3000' }), [fault])
})

await test('where a sign-in may end is a list of URLs', async (t) => {
  const at = (url: string) => faultsOf([], { OIDC_REDIRECTS: url })
  for (const url of [
    'https://app.example.com/signed-in',
    'https://app.example.com/app/*',
    'http://localhost:5173/*',
    'com.example.app:/signed-in',
    'https://a.test/, com.example.app://x/*',
  ])
    t.strictSame(at(url), [], url)
  for (const url of [
    '*',
    'https://*.example.com/',
    'https://app.example.com',
    'https://app.example.com/*x',
    'http://app.example.com/',
    'https://user@app.example.com/',
    'https://app.example.com/?x=1',
    'https://app.example.com/#x',
    'https://app.example.com/../x',
    'https://app.example.com\\x',
    'javascript:alert(1)',
    'data:text/html,x',
    'app:/signed-in',
    '/signed-in',
  ])
    t.match(at(url), [/^OIDC_REDIRECTS must be a comma-separated list of URLs/], url)
})
