import type { Watch } from '../../db/store.ts'
import type { Principal } from './principal.ts'

/** Tokens kept at the most; the oldest goes first. An entry is some 700 bytes. */
const TOKENS = 10_000

/**
 * What was found out about a token, kept under its whole text (equal texts are equal tokens) for as long as nothing that was
 * read for it has changed. Exact: every write to those tables, by this process or another, moves the watch's stamp.
 */
export function createRecent(watch: Watch) {
  const known = new Map<string, { principal: Principal; stamp: number }>()
  return {
    /** Call it before reading what the answer depends on. */
    stamp: () => watch.stamp(),
    recall(token: string): Principal | undefined {
      const entry = known.get(token)
      if (!entry) return undefined
      if (entry.stamp === watch.stamp()) return entry.principal
      known.delete(token)
      return undefined
    },
    remember(token: string, principal: Principal, stamp: number | undefined) {
      if (stamp === undefined) return
      if (known.size >= TOKENS) known.delete(known.keys().next().value ?? token)
      known.set(token, { principal, stamp })
    },
  }
}
export type Recent = ReturnType<typeof createRecent>
