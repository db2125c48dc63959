import type { Scope } from '../../src/domain/scopes.ts'
import type { Send, Started } from '../helper.ts'
import { type Recipe, RECIPES, type Scene } from './recipes.ts'
import { bearer } from './v1/forge.ts'

/** What `/authz` says of an operation. */
export interface Operation {
  operation_id: string
  version: 1 | 2
  method: string
  path: string
  access: 'none' | 'optional' | 'access_token' | 'refresh_token' | 'any_token'
  roles: string[]
  record: string[] | null
  fresh: boolean
  fresh_for_admins: boolean
  fresh_members: string[]
  scope: Scope | null
  restricted_parameters: Array<{ name: string; roles: string[] }>
}

export const nameOf = ({ version, operation_id: id }: Operation) => `v${version} ${id}`

/** The recipe of an operation. @throws Error when there is none: what nobody thought of is refused */
export function recipeOf(operation: Operation): Recipe {
  const recipe = RECIPES[nameOf(operation)]
  if (!recipe) throw new Error(`test/api/recipes.ts has no entry for ${nameOf(operation)}`)
  return recipe
}

export const operationsOf = async ({ request }: Pick<Started, 'request'>): Promise<Operation[]> =>
  (await request('GET', '/api/v2/authz')).body.data

/** Whether a request of the operation names a record that may be absent. */
export const namesRecord = ({ path, record }: Operation) => path.includes('{') || record !== null

/** A valid request. `token` is sent as it should be; `id` is what its path and its body name. */
export function requestOf(
  operation: Operation,
  scene: Scene,
  { id = '', token }: { id?: number | string | undefined; token?: string | undefined },
): { method: string; url: string; send: Send } {
  const { body, query, headers = {}, carry = bearer } = recipeOf(operation)
  const sent = body?.(id, scene)
  const carried: Send = token === undefined ? {} : carry(token)
  return {
    method: operation.method,
    url: operation.path.replace(/\{\w+\}/, String(id)),
    send: {
      ...(sent && { body: sent }),
      ...(query && { query }),
      ...carried,
      headers: { ...carried.headers, ...headers },
    },
  }
}
