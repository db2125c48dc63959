import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { listening } from '../api/plugins/frame.ts'
import { providersOf } from '../api/v2/signing-in.ts'
import { start } from '../helper.ts'
import { realProvider } from '../openid/real.ts'
import { internet, launch, noBrowser } from './internet.ts'
import { visit } from './tab.ts'

const guide = readFileSync(new URL('../../docs/openid-connect.md', import.meta.url), 'utf8')
/** The script of the guide, as it stands there. */
const [, script = ''] = /```js\n(.*?)```/s.exec(guide) ?? []
const API = 'https://api.example.com'
const APP = 'https://app.example.com'
const page = `<script type="module">import * as client from '/client.js'; globalThis.client = client</script>`
const SITES = { [APP]: { '/': page, '/signed-in': page, '/client.js': script } }

await test('a page signs somebody in as the guide says', { skip: noBrowser }, async (t) => {
  const { expose, port } = await internet(t, SITES)
  const chromium = await launch(t, port)
  const provider = await realProvider(t, `${API}/api/v2/auth/providers/example/callback`)
  const env = { PUBLIC_URL: API, TRUST_PROXY: 'loopback', ...providersOf(provider.issuer) }
  const { app } = await start(t, { env })
  expose(API, (await listening(app)).port)
  const browser = await chromium.newContext({ ignoreHTTPSErrors: true })
  t.teardown(() => browser.close())
  provider.people['7'] = { preferred_username: 'alice' }

  const { tab, run } = await visit(browser, APP, `${API}/api/v2`)
  const [button] = await run<object[]>('client.providers()')
  t.match(button, { name: 'example', start_url: String })
  for (const sub of [undefined, '7']) {
    provider.be(sub)
    await tab.goto(APP)
    await Promise.all([
      tab.waitForURL(`${APP}/signed-in?*`),
      run(`client.begin(${JSON.stringify(button)})`),
    ])
    await tab.waitForFunction('globalThis.client')
    const finished = run<{ status: number; body: object }>(`{
      const reply = await client.finish()
      return { status: reply.status, body: await reply.json() }
    }`)
    if (sub === undefined) await t.rejects(finished, /access_denied/)
    else t.match(await finished, { status: 200, body: { token_type: 'Bearer' } })
  }
})
