import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { test } from 'tap'
import { start } from '../helper.ts'
import { bearer } from '../api/v1/forge.ts'
import { realProvider } from '../openid/real.ts'

const guide = readFileSync(new URL('../../docs/openid-connect.md', import.meta.url), 'utf8')
const [settings = '', script = ''] = [/```sh\n(.*?)```/s, /```js\n(.*?)```/s].map(
  (block) => block.exec(guide)?.[1],
)

/** The variables of a block of shell. */
const variables = () =>
  Object.fromEntries(
    [...settings.matchAll(/^(\w+)=(?:'([^']*)'|(.*))$/gm)].map(([, name, quoted, plain]) => [
      String(name),
      String(quoted ?? plain),
    ]),
  )

await test('the settings and the script of the guide sign somebody in', async (t) => {
  const env = variables()
  const publicUrl = String(env['PUBLIC_URL'])
  const [told] = JSON.parse(String(env['OIDC_PROVIDERS']))
  const provider = await realProvider(t, `${publicUrl}/api/v2/auth/providers/${told.name}/callback`)
  const own = { issuer: provider.issuer, client_secret: 'canary-client-secret' }
  env['OIDC_PROVIDERS'] = JSON.stringify([{ ...told, ...own }])
  const { request } = await start(t, { env })
  const send = (method: string, url: string, more?: object) => {
    t.equal(new URL(url).origin, publicUrl)
    return request(method, url.slice(publicUrl.length), more)
  }

  // What a browser has, as far as the script asks for it.
  const kept = new Map<string, string>()
  const location = {
    search: '',
    assigned: '',
    assign: (url: string) => void (location.assigned = url),
  }
  const sessionStorage = {
    setItem: (name: string, value: string) => void kept.set(name, value),
    getItem: (name: string) => kept.get(name) ?? null,
  }
  const fetched = async (url: string, init: RequestInit = {}) => {
    const { method = 'GET', headers, body } = init
    const { status, text } = await send(method, url, { headers, ...(body && { body }) })
    return new Response(text, { status })
  }
  const { crypto, btoa, TextEncoder, URLSearchParams } = globalThis
  const platform = { crypto, btoa, TextEncoder, URLSearchParams }
  const page = runInNewContext(
    `${script.replaceAll('export ', '')}; ({ providers, begin, finish })`,
    { fetch: fetched, location, sessionStorage, ...platform },
  )

  provider.people['7'] = { email: 'alice@example.com', email_verified: true }
  provider.be('7')
  const [button] = await page.providers()
  t.match(button, { name: told.name, label: told.label })
  await page.begin(button)
  const begun = await send('GET', location.assigned)
  t.equal(begun.status, 302)
  const [cookie = ''] = String(begun.headers['set-cookie']).split(';')
  const back = await provider.visit(String(begun.headers['location']))
  const ended = await send('GET', back, { headers: { cookie } })
  const at = new URL(String(ended.headers['location']))
  t.equal(at.origin + at.pathname, 'https://app.example.com/signed-in')
  location.search = at.search
  const reply: Response = await page.finish()
  t.equal(reply.status, 200)
  const { access_token: token } = (await reply.json()) as { access_token: string }
  const me = await request('GET', '/api/v2/me', bearer(token))
  t.match(me, { body: { username: 'alice', email: 'alice@example.com' } })

  location.search = '?error=access_denied'
  await t.rejects(page.finish(), { message: 'access_denied' })
  kept.clear()
  await t.rejects(page.finish())
})
