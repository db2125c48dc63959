import { test } from 'tap'
import { listening } from '../api/plugins/frame.ts'
import { start } from '../helper.ts'
import { mailServer, tokenIn } from '../mail-server.ts'
import { launch, noBrowser } from './internet.ts'

await test('the links in mails lead to pages that do it', { skip: noBrowser }, async (t) => {
  const mails = await mailServer(t)
  const { app, backend, request, clock } = await start(t, { env: { SMTP_URL: mails.url } })
  const { port } = await listening(app)
  const chromium = await launch(t, port)
  const tab = await chromium.newPage()
  const faults: string[] = []
  tab.on('console', (line) => line.type() === 'error' && faults.push(line.text()))
  const path = (link: string) => `http://localhost:${port}/${link}`
  const said = async () => tab.locator('[role=status]').innerText()
  const submit = async () => {
    const answered = tab.waitForResponse(/\/api\/v2\//)
    await tab.locator('button').click()
    await answered
    await tab.locator('[role=status]:not(:text("…"))').waitFor()
  }

  const account = { username: 'alice', password: 'a quiet place to write', email: 'a@example.com' }
  await request('POST', '/api/v2/auth/register', { body: account })
  await backend.outbox.deliver()
  const [mail] = mails.mails
  const [link = ''] = /http\S+#\S+/.exec(mail?.text ?? '') ?? []
  await tab.goto(path(new URL(link).pathname.slice(1) + new URL(link).hash))
  await submit()
  t.equal(await said(), 'Your email address is confirmed.')
  t.notMatch(tab.url(), /#/, 'a spent token stays in no history')
  t.same(faults, [], 'the content security policy lets the page do its work')
  await tab.goto(path(`verify-email#${mail && tokenIn(mail)}`))
  await tab.reload()
  await submit()
  t.match(await said(), /This link is not valid/)

  clock.advance(61)
  await tab.goto(path('forgot-password'))
  await tab.locator('input').fill(account.email)
  await submit()
  t.match(await said(), /a mail is on its way/)
  await backend.outbox.deliver()
  const reset = mails.mails.at(-1)
  await tab.goto(path(`r#${reset && tokenIn(reset)}`))
  await tab.locator('input').fill('password')
  await submit()
  t.match(await said(), /common/)
  await tab.locator('input').fill('a louder place to read')
  await submit()
  t.match(await said(), /new password is in force/)
  const login = { identifier: 'a@example.com', password: 'a louder place to read' }
  t.match(await request('POST', '/api/v2/auth/login', { body: login }), { status: 200 })
})
