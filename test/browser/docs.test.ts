import type { Browser } from 'playwright-core'
import { test } from 'tap'
import { listening } from '../api/plugins/frame.ts'
import { start } from '../helper.ts'
import { launch, noBrowser } from './internet.ts'

/** Opens the page, as the reader of a version's document. */
async function read(browser: Browser, port: number, version: string) {
  const tab = await browser.newPage()
  const faults: string[] = []
  tab.on('console', (line) => line.type() === 'error' && faults.push(line.text()))
  await tab.goto(`http://localhost:${port}/docs?urls.primaryName=${version}`)
  return {
    faults,
    async authorize(token: string) {
      await tab.locator('.btn.authorize').first().click()
      await tab.locator('.modal-ux input').first().fill(token)
      await tab.locator('.modal-ux .authorize').first().click()
      await tab.locator('.modal-ux .btn-done').first().click()
    },
    /** An operation (`GET /posts/{id}`) that is about to be tried out. */
    async tryOut(line: string) {
      const [method = '', path] = line.split(' ')
      const operation = tab.locator(`.opblock-${method.toLowerCase()}`, {
        has: tab.locator(`[data-path="${path}"]`),
      })
      await operation.locator('.opblock-summary-control').click()
      await operation.locator('.try-out__btn').click()
      return {
        operation,
        /** Fills in what is asked for: a parameter by its name, or the body. The page takes it up with the click on Execute. */
        async fill(name: string, value: string) {
          const field =
            name === 'body'
              ? operation.locator('textarea.body-param__text')
              : operation.locator(`[data-param-name="${name}"] input`)
          await field.fill(value)
          await field.blur()
        },
        /** The status of the reply. */
        async execute() {
          const reply = tab.waitForResponse(
            (response) =>
              response.request().method() === method && response.url().includes(`/api/${version}/`),
          )
          await operation.locator('.execute').click()
          return (await reply).status()
        },
      }
    },
  }
}

await test('both documents can be tried out in a browser', { skip: noBrowser }, async (t) => {
  const { app, as } = await start(t)
  const { port } = await listening(app)
  const alice = await as('alice')
  const chromium = await launch(t, port)
  for (const version of ['v1', 'v2'])
    await t.test(version, async (t) => {
      const page = await read(chromium, port, version)
      const me = await page.tryOut('GET /me')
      t.equal(await me.execute(), 401, 'without a token')
      await page.authorize(alice.accessToken)
      t.equal(await me.execute(), 200, 'after Authorize')
      const shown = me.operation.locator('.live-responses-table tbody .response-col_description')
      // The page shows a reply some time after it came.
      await shown.filter({ hasText: '"alice"' }).first().waitFor()
      t.same(
        page.faults.filter((line) => !line.includes('401')),
        [],
        'the content security policy lets the page do its work',
      )
    })
})

await test('what is prefilled can be sent', { skip: noBrowser }, async (t) => {
  const { app, as } = await start(t)
  const { port } = await listening(app)
  const alice = await as('alice')
  const chromium = await launch(t, port)
  const idOf = async (url: string, body: object) => String((await alice.post(url, body)).body.id)

  await t.test('v2', async (t) => {
    const page = await read(chromium, port, 'v2')
    await page.authorize(alice.accessToken)

    const list = await page.tryOut('GET /posts')
    t.equal(await list.execute(), 200)
    t.match(
      await list.operation.locator('[data-param-name="sort"]').innerText(),
      /Example: created_at:desc/,
      'an example is there to be read',
    )

    const create = await page.tryOut('POST /todos')
    t.equal(await create.execute(), 201)
    await create.fill('body', '{"title": "Another one"}')
    t.equal(await create.execute(), 201)
    t.match(await alice.get('/api/v2/todos?q=another'), { body: { data: { length: 1 } } })

    const url = '/api/v2/posts'
    const id = await idOf(url, { title: 'Ghosts', content: 'We will each write one.' })
    const change = await page.tryOut('PATCH /posts/{id}')
    await change.fill('id', id)
    t.equal(await change.execute(), 200)
    t.match(await alice.get(`${url}/${id}`), { body: { title: 'Hello again' } })
    const remove = await page.tryOut('DELETE /posts/{id}')
    await remove.fill('id', id)
    t.equal(await remove.execute(), 204)
    t.match(await alice.get(`${url}/${id}`), { status: 404 })
  })

  await t.test('v1: the ids of a deletion are in the body alone', async (t) => {
    const page = await read(chromium, port, 'v1')
    await page.authorize(alice.accessToken)
    const remove = await page.tryOut('DELETE /todos')
    t.equal(await remove.execute(), 404)
    const id = await idOf('/api/v1/todos', { title: 'water the plants' })
    await remove.fill('body', `{"ids": [${id}]}`)
    t.equal(await remove.execute(), 200)
  })
})
