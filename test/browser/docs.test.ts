import { test } from 'tap'
import { listening } from '../api/plugins/frame.ts'
import { start } from '../helper.ts'
import { launch, noBrowser } from './internet.ts'

await test('both documents can be tried out in a browser', { skip: noBrowser }, async (t) => {
  const { app, as } = await start(t)
  const { port } = await listening(app)
  const alice = await as('alice')
  const chromium = await launch(t, port)
  for (const version of ['v1', 'v2'])
    await t.test(version, async (t) => {
      const tab = await chromium.newPage()
      const faults: string[] = []
      tab.on('console', (line) => line.type() === 'error' && faults.push(line.text()))
      await tab.goto(`http://localhost:${port}/docs?urls.primaryName=${version}`)
      const operation = tab.locator('.opblock', { has: tab.locator('[data-path="/me"]') })
      const isGet = operation.filter({
        has: tab.locator('.opblock-summary-method', { hasText: 'GET' }),
      })
      const answered = async () => {
        const reply = tab.waitForResponse(new RegExp(`/api/${version}/me$`))
        await isGet.locator('.execute').click()
        return (await reply).status()
      }
      await isGet.locator('.opblock-summary-control').click()
      await isGet.locator('.try-out__btn').click()
      t.equal(await answered(), 401, 'without a token')

      await tab.locator('.btn.authorize').first().click()
      await tab.locator('.modal-ux input').first().fill(alice.accessToken)
      await tab.locator('.modal-ux .authorize').first().click()
      await tab.locator('.modal-ux .btn-done').first().click()
      t.equal(await answered(), 200, 'after Authorize')
      const shown = isGet.locator('.live-responses-table tbody .response-col_description')
      // The page shows a reply some time after it came.
      await shown.filter({ hasText: '"alice"' }).first().waitFor()
      t.same(
        faults.filter((line) => !line.includes('401')),
        [],
        'the content security policy lets the page do its work',
      )
    })
})
