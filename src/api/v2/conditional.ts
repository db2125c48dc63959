import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from '../../base/schema.ts'
import type { Version } from '../../domain/version.ts'

/** Entity tags and preconditions (RFC 9110, sections 8.8.3 and 13). */

const TAG = /(?:W\/)?"[^"]*"/g
/** Elements of a list may be empty (RFC 9110, section 5.6.1.2). */
const LIST = /^(?:[\s,]*(?:W\/)?"[^"]*"\s*(?=,|$))+[\s,]*$/

/**
 * A strong entity tag. It ends in the timeline: after a restore the same revisions may be of another content.
 * @param view which members the reply shows, so that two views of one record have different tags
 * @param revisions of everything that is in it
 */
export const entityTag = (
  { backend }: Pick<FastifyRequest, 'backend'>,
  view: string,
  ...revisions: readonly number[]
): string => `"${view}${revisions.join('.')}-${backend.store.timeline().id}"`

export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description:
        'Proceed only if the record still has one of these entity tags, else 412. `*` is any.',
      examples: ['"a3-5f0c9b2e"'],
    }),
  ),
})
export const IfNoneMatch = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({
      description: 'Answer 304 without a body if the record still has one of these entity tags.',
      examples: ['"a3-5f0c9b2e"'],
    }),
  ),
})

export const asksForChanges = ({ headers }: FastifyRequest): boolean =>
  headers['if-none-match'] !== undefined

/** Sets the tag of a reply. @returns whether the client has that state already: then the answer is 304 */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('etag', tag)
  const given = request.headers['if-none-match']
  if (given === undefined) return false
  if (given.trim() === '*') return true
  // Weak comparison: a proxy may have weakened what we sent.
  return tagsOf(given).some((one) => one.replace(/^W\//, '') === tag)
}

/**
 * The versions that If-Match allows a write to find; undefined when it allows any. The comparison is strong: a tag that is weak,
 * of another view or timeline, or none of ours matches nothing.
 * @param view as in the tag that the write replies with
 * @param revisions how many are in that tag
 */
export function ifMatch(
  request: FastifyRequest,
  view: string,
  revisions: Version['length'] = 2,
): readonly Version[] | undefined {
  const given = request.headers['if-match']
  return given === undefined ? undefined : matchesOf(request, given, view, revisions)
}

/** The same for the field alone. */
export function matchesOf(
  request: FastifyRequest,
  given: string,
  view: string,
  revisions: Version['length'],
): readonly Version[] | undefined {
  if (given.trim() === '*') return undefined
  return tagsOf(given).flatMap((tag) => {
    const [own = Number.NaN, owner] = tag
      .slice(view.length + 1, tag.indexOf('-'))
      .split('.')
      .map(Number)
    const version: Version = owner === undefined ? [own] : [own, owner]
    const isOurs = version.length === revisions && tag === entityTag(request, view, ...version)
    return isOurs ? [version] : []
  })
}

/** The same for a record that is shown alone: its revisions. */
export const ifRevision = (request: FastifyRequest, view: string): readonly number[] | undefined =>
  ifMatch(request, view, 1)?.map(([own]) => own)

const tagsOf = (field: string) => (LIST.test(field) ? (field.match(TAG) ?? []) : [])
