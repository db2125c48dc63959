import type { SQL } from 'drizzle-orm'
import { and, asc, desc, eq, gt, lt } from '../db/drizzle.ts'
import { $ } from '../db/store.ts'
import { type AuditRecord, eventColumns } from './audit-list.ts'
import { createCursors, type Position } from './lists/cursors.ts'
import type { Direction, Page, Window } from './lists/declaration.ts'
import type { ListDeps } from './lists/list.ts'
import { turnTo } from './lists/turning.ts'

/** What the audit trail tells of one account, to its owner: what they did, and what happened to the account. */
export function createActivity({ store, secrets }: Pick<ListDeps, 'store' | 'secrets'>) {
  const { auditEvents } = store.tables
  const { id, actorId, targetType, targetId } = auditEvents
  const cursors = createCursors(secrets)
  /** One condition with `or` would sort all that ever happened to the account; each of these is read from its index in order. */
  const sides: Record<string, SQL | undefined> = {
    acted: eq(actorId, $('actor', actorId)),
    aimed: and(eq(targetType, 'user'), eq(targetId, $('target', targetId))),
  }
  const statements = Object.entries(sides).map(([side, mine]) => {
    const declare = (direction: Direction, part: 'all' | 'beyond') => {
      const [order, beyond] = direction === 'asc' ? [asc, gt] : [desc, lt]
      return store.define(`activity_${side} ${direction} ${part}`, (q) =>
        q
          .select({ record: eventColumns(auditEvents), key: id, id })
          .from(auditEvents)
          .where(and(mine, part === 'beyond' ? beyond(id, $('id', id)) : undefined))
          .orderBy(order(id))
          .limit($('limit')),
      )
    }
    return {
      desc: { all: declare('desc', 'all'), beyond: declare('desc', 'beyond') },
      asc: { all: declare('asc', 'all'), beyond: declare('asc', 'beyond') },
    }
  })

  return {
    /** One page, newest first. @throws CursorMismatch */
    async page(user: { id: number }, window: Window): Promise<Page<AuditRecord>> {
      const mine = { actor: user.id, target: String(user.id) }
      async function read(direction: Direction, at: Position | undefined, limit: number) {
        const part = at ? 'beyond' : 'all'
        const found = await Promise.all(
          statements.map((side) => store.read(side[direction][part], { ...mine, ...at, limit })),
        )
        // Most of what people do, they do to their own account: it is on both sides.
        const once = [...new Map(found.flat().map((event) => [event.id, event])).values()]
        const before = direction === 'asc' ? 1 : -1
        return once.toSorted((a, b) => before * (a.id - b.id)).slice(0, limit)
      }
      const edge = async (direction: Direction) => (await read(direction, undefined, 1)).at(0)
      const list = JSON.stringify(['activity', user.id])
      const page = await turnTo({ cursors, list, window, direction: 'desc', read, edge })
      return { ...page, records: page.records.map((event) => withoutOthers(event, user.id)) }
    },
  }
}

export type Activity = ReturnType<typeof createActivity>

/** Where somebody else sat when they acted on the account is theirs to know. Whoever failed to log in is nobody yet. */
const withoutOthers = (event: AuditRecord, userId: number): AuditRecord =>
  event.actorId === null || event.actorId === userId
    ? event
    : { ...event, ip: null, userAgent: null, requestId: null }
