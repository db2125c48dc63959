import type { Test } from 'tap'
import { start } from '../../helper.ts'
import { type Resource, urlOf } from './content.ts'

/** The operation that makes one of what there is. */
export const create = (resource: Resource, more: object = {}) => ({
  op: 'create',
  value: { ...resource.least, ...more },
})

/** Two people, and what tests of `POST .../bulk` do as either. */
export async function scene(t: Test, resource: Resource) {
  const started = await start(t)
  const alice = await started.as('alice')
  const bob = await started.as('bob')
  const bulk = (operations: object[], more: object = {}, caller = alice) =>
    caller.post(`${urlOf(resource)}/bulk`, { operations, ...more })
  const make = async (title: string, owner = alice) => {
    const { body, headers } = await owner.post(urlOf(resource), { ...resource.least, title })
    return { id: Number(body.id), etag: String(headers['etag']), owner }
  }
  const titles = async (owner = alice) => {
    const query = { sort: 'id:asc', fields: 'title' }
    const { body } = await owner.get(urlOf(resource), { query })
    return (body.data as Array<{ title: string }>).map(({ title }) => title)
  }
  return { ...started, alice, bob, bulk, make, titles }
}
