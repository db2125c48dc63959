import { Type } from '../../../base/schema.ts'
import { closed } from '../../../base/fields.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const RowFault = Component(
  'RowFault',
  Type.Object({
    line: Type.Integer({
      minimum: 1,
      description: 'Where the row begins in the file, from 1 on; the header counts.',
      examples: [3],
    }),
    code: Type.String({ description: 'Which rule was broken.', examples: ['required'] }),
    detail: Type.String({
      description: 'The same, as a sentence.',
      examples: ['title is required'],
    }),
  }),
  {
    description: 'What is wrong with a row.',
    examples: [{ line: 3, code: 'required', detail: 'title is required' }],
  },
)

const ImportResult = Component(
  'ImportResult',
  Type.Object({
    created: Type.Integer({
      minimum: 0,
      description: 'How many records were created, or would be.',
      examples: [2],
    }),
    rejected: Type.Integer({
      minimum: 0,
      description: 'How many rows were passed over because something is wrong with them.',
      examples: [1],
    }),
    errors: Type.Array(Ref(RowFault), {
      maxItems: 1000,
      description: 'What is wrong with those, the first 1,000 faults.',
    }),
  }),
  {
    description: 'What became of a file.',
    examples: [{ created: 2, rejected: 1, errors: RowFault.examples }],
  },
)
export { ImportResult, RowFault }

export const ImportQuery = Type.Object(
  {
    on_error: Type.Optional(
      Type.Unsafe<'reject' | 'skip'>({
        type: 'string',
        enum: ['reject', 'skip'],
        description:
          'What to do with a file that has bad rows: `reject` all of it (unless given), or `skip` those rows. A file with a wrong header, or in which ' +
          'nothing can be read from a row on, as behind a quote that is not closed, is refused in any case: what it was meant to hold is not known.',
        examples: ['skip'],
      }),
    ),
    dry_run: Type.Optional(
      Type.Boolean({
        description: 'Whether to find out what would happen, and write nothing.',
        examples: [true],
      }),
    ),
  },
  closed,
)
