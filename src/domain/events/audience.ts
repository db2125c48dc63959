import { createPolicy } from '../policy.ts'
import type { AnyResource } from '../resources/resource.ts'
import type { Principal } from '../sessions/principal.ts'
import type { Entry } from './log.ts'

const HAPPENINGS = ['created', 'updated', 'deleted'] as const

/** What may happen to records, and to whom it is told. */
export function createAudience(resources: readonly AnyResource[]) {
  const { mayAct } = createPolicy(resources)
  const types = new Map<string, AnyResource>(
    resources.flatMap((resource) =>
      HAPPENINGS.map((happening) => [`${resource.name}.${happening}`, resource] as const),
    ),
  )
  /**
   * What a type of event is about, or undefined when it is none of ours: while versions change, another one may have written it to the log.
   * Of such an event nobody knows who may see it, so nobody does.
   */
  const resourceOf = (type: string) => types.get(type)

  return {
    resourceOf,
    /** Whether an event may be told to whoever is signed in. */
    isPublic({ type }: Entry): boolean {
      const resource = resourceOf(type)
      return resource !== undefined && resource.read !== 'owner'
    },
    /** Told is what may be read: by a key, with the scope for it. */
    maySee(principal: Principal, { type, userId }: Entry): boolean {
      const resource = resourceOf(type)
      if (!resource || principal.scopes?.has(`${resource.table}:read` as never) === false)
        return false
      return resource.read !== 'owner' || mayAct(principal, `${resource.name}.view`, userId)
    },
  }
}
export type Audience = ReturnType<typeof createAudience>
