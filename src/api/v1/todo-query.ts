import { Type, type Static } from '../../base/schema.ts'
import { ValidationFailed } from '../../base/errors.ts'
import type { ViolationCode } from '../../base/violation-code.ts'
import { closed, MAX_ID } from '../../base/fields.ts'
import type { TodoIds } from './schemas/todos.ts'

export const TodoFilter = {
  completed: Type.Optional(
    Type.Boolean({ description: 'Only those that are, or are not, completed.', examples: [false] }),
  ),
  search: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Only those with this text in title or description, whatever its case.',
      examples: ['plants'],
    }),
  ),
  sort: Type.Optional(
    Type.Unsafe<'id' | 'created_at'>({
      type: 'string',
      enum: ['id', 'created_at'],
      description: 'By id, oldest first (unless given), or by `created_at`, newest first.',
      examples: ['created_at'],
    }),
  ),
}

/** Comma-separated, as every list in a query. */
export const TodoIdsQuery = Type.Object(
  {
    ids: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: MAX_ID }), {
        minItems: 1,
        maxItems: 100,
        description: 'The to-dos to delete, instead of a body.',
        examples: [[42, 43]],
      }),
    ),
  },
  closed,
)

/** The ids of a deletion, from the query or from the body. */
export function idsOf(query: Static<typeof TodoIdsQuery>, body?: Static<typeof TodoIds> | null) {
  const ids = body?.ids ?? query.ids
  if (ids === undefined) throw invalid('required', 'ids are required, in the body or in the query')
  if (body && query.ids) throw invalid('exclusive', 'ids are given in the body and in the query')
  return ids
}

const invalid = (code: ViolationCode, detail: string) =>
  new ValidationFailed([{ in: 'body', path: '/ids', code, detail }])
