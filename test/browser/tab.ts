import type { BrowserContext } from 'playwright-core'

/** What a script of a page can do that has no leave, and so no `x-csrf-token`: `mode` may be no-cors. */
interface Fetch {
  method?: string
  mode?: string
  headers?: Record<string, string>
  body?: string
}

/** Opens a page. What it does with the API is done by the browser alone. */
export async function visit(browser: BrowserContext, url: string, api: string) {
  const tab = await browser.newPage()
  await tab.goto(url)
  /** Evaluates an expression or a block in the page, which may await. */
  const run = <T = unknown>(code: string): Promise<T> => tab.evaluate(`(async () => ${code})()`)

  return {
    tab,
    run,
    /** A request with the script of the guide, which the page knows as `client`. */
    call(line: string, body?: object) {
      const [method, path] = line.split(' ')
      const parameters = JSON.stringify([method, path, ...(body ? [body] : [])])
      return run<{ status: number; body: unknown }>(`{
        const reply = await client.call(...${parameters})
        const text = await reply.text()
        return { status: reply.status, body: text && JSON.parse(text) }
      }`)
    },
    /** A request with the cookies, if the browser sends them: its status, `opaque`, or the name of the error. */
    send(line: string, options: Fetch = {}) {
      const [method, path] = line.split(' ')
      const init = JSON.stringify({ method, credentials: 'include', ...options })
      return run(`fetch('${api}${path}', ${init}).then(
        ({ status, type }) => (type === 'opaque' ? type : status),
        ({ name }) => name,
      )`)
    },
    /** Submits a form, as a page can without any script: what the browser shows then. */
    async submit(path: string, enctype: string) {
      await tab.goto(url)
      await tab.setContent(
        `<form method="post" action="${api}${path}" enctype="${enctype}">
          <input name='{"scope":"all","x":"' value='"}'>
        </form>`,
      )
      await Promise.all([tab.waitForURL(`${api}/**`), tab.evaluate('document.forms[0].submit()')])
      return JSON.parse(await tab.locator('body').innerText()) as unknown
    },
  }
}
