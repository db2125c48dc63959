import { type Static, Type } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { Component, type Named, Ref } from '../../schemas/ref.ts'
import { Problem } from './problems.ts'

interface Resource<C extends Named, P extends Named, R extends Named> {
  /** `Post`: the components are `PostBulk`, `PostOperation` and so on. */
  name: string
  /** `post` */
  what: string
  create: C & { examples: Array<Static<C>> }
  patch: P & { examples: Array<Static<P>> }
  record: R & { examples: Array<Static<R>> }
  /** What the entity tag of a record looks like. */
  tag: string
}

const op = <O extends string>(value: O, description: string) =>
  Type.Unsafe<O>({ type: 'string', enum: [value], description, examples: [value] })

/** What a bulk of one resource takes and answers. */
export function bulkOf<C extends Named, P extends Named, R extends Named>({
  name,
  what,
  create,
  patch,
  record,
  tag,
}: Resource<C, P, R>) {
  const ifMatch = Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1000,
      description: `Do it only if the ${what} still has one of these entity tags, as in \`If-Match\`.`,
      examples: [tag],
    }),
  )
  const id = fields.id(`Which ${what}. Each may be named once.`)
  const Create = Component(
    `${name}BulkCreate`,
    Type.Object({ op: op('create', `A new ${what}.`), value: Ref(create) }, fields.closed),
    { description: `A new ${what}.`, examples: [] },
  )
  const Update = Component(
    `${name}BulkUpdate`,
    Type.Object(
      { op: op('update', `A change of a ${what}.`), id, if_match: ifMatch, value: Ref(patch) },
      fields.closed,
    ),
    { description: `A change of a ${what}.`, examples: [] },
  )
  const Delete = Component(
    `${name}BulkDelete`,
    Type.Object(
      { op: op('delete', `The end of a ${what}.`), id, if_match: ifMatch },
      fields.closed,
    ),
    { description: `The end of a ${what}.`, examples: [] },
  )
  const kinds = { create: Create, update: Update, delete: Delete }
  const Operation = Component(
    `${name}Operation`,
    Type.Unsafe<Static<typeof Create> | Static<typeof Update> | Static<typeof Delete>>({
      oneOf: Object.values(kinds).map((kind) => Ref(kind)),
      discriminator: {
        propertyName: 'op',
        mapping: Object.fromEntries(
          Object.entries(kinds).map(([value, { $id }]) => [value, `#/components/schemas/${$id}`]),
        ),
      },
    }),
    { description: `One operation of a bulk: \`op\` tells which.`, examples: [] },
  )
  const Bulk = Component(
    `${name}Bulk`,
    Type.Object(
      {
        atomic: Type.Optional(
          Type.Boolean({
            description:
              'Whether all operations are undone when one fails. Else each that can be done is done.',
            examples: [false],
          }),
        ),
        operations: Type.Array(Ref(Operation), {
          minItems: 1,
          maxItems: 100,
          description: 'What to do, in this order.',
        }),
      },
      fields.closed,
    ),
    {
      description: `Up to 100 operations on ${what}s.`,
      examples: [
        {
          atomic: false,
          operations: [
            { op: 'create', value: create.examples[0]! },
            { op: 'update', id: 42, if_match: tag, value: patch.examples[0]! },
            { op: 'delete', id: 43 },
          ],
        } as never,
      ],
    },
  )
  const Result = Component(
    `${name}BulkResult`,
    Type.Object({
      status: Type.Integer({
        minimum: 200,
        maximum: 499,
        description: 'The status that the operation would have had alone.',
        examples: [201],
      }),
      etag: Type.Optional(
        Type.String({
          description: 'The entity tag of the record as it is now.',
          examples: [tag],
        }),
      ),
      data: Type.Optional(Ref(record)),
      problem: Type.Optional(Ref(Problem)),
    }),
    {
      description:
        'What became of one operation: `data` when there is a record now, `problem` when it failed.',
      examples: [],
    },
  )
  const Results = Component(
    `${name}BulkResults`,
    Type.Object({
      results: Type.Array(Ref(Result), {
        maxItems: 100,
        description: 'What became of each operation, in their order.',
      }),
    }),
    {
      description: 'What became of the operations of a bulk.',
      examples: [
        {
          results: [{ status: 201, etag: tag, data: record.examples[0]! }, { status: 204 }],
        },
      ],
    },
  )
  return { Bulk, Results, components: [Create, Update, Delete, Operation, Bulk, Result, Results] }
}
