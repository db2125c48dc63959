import type { Test } from 'tap'
import { type Reply, start } from '../../helper.ts'

/** The titles, one letter each, in the order of the list. */
export const titles = ({ body }: Reply) =>
  body.data.map(({ title }: { title: string }) => title).join('')

/** Records a second apart, of Alice but for those that name Bob. */
export async function open(t: Test, resource: string, records: Array<Record<string, unknown>>) {
  const started = await start(t)
  const { as, clock } = started
  const [alice, bob] = [await as('alice'), await as('bob')]
  const made: Reply['body'][] = []
  for (const { by, ...record } of records) {
    clock.advance(60)
    made.push((await (by === 'bob' ? bob : alice).post(`/api/v2/${resource}`, record)).body)
  }
  return { ...started, alice, bob, made, at: (i: number) => String(made[i].created_at) }
}

export type Opened = Awaited<ReturnType<typeof open>>

/** Each query finds these titles, in this order, on one page and on many, there and back, and counts them. */
export async function finds(
  t: Test,
  { alice }: Opened,
  resource: string,
  rows: Array<[query: Record<string, unknown>, found: string]>,
) {
  for (const [given, found] of rows) {
    const query = Object.fromEntries(Object.entries(given).map(([k, v]) => [k, String(v)]))
    const about = JSON.stringify(query)
    const get = (more: Record<string, string>) =>
      alice.get(`/api/v2/${resource}`, { query: { ...query, ...more } })
    const whole = await get({ total: 'true' })
    t.strictSame([whole.status, titles(whole)], [200, found], about)
    t.equal(whole.body.page.total, found.length, `${about} counted`)
    async function walk(towards: string, from: Record<string, string>): Promise<Reply[]> {
      const page = await get({ limit: '2', ...from })
      const cursor = page.body.page[towards]
      return cursor === null ? [page] : [page, ...(await walk(towards, { cursor }))]
    }
    const forth = await walk('next_cursor', {})
    t.equal(forth.map(titles).join(''), found, `${about} by cursor`)
    const cursor = forth.at(-1)?.body.page.prev_cursor
    if (cursor === null) continue
    const back = (await walk('prev_cursor', { cursor })).toReversed()
    t.equal(back.map(titles).join(''), found.slice(0, 2 * (forth.length - 1)), `${about} and back`)
  }
}
