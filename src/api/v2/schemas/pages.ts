import { Nullable, Type, type Static, type TProperties } from '../../../base/schema.ts'
import type { Page as PageRecord } from '../../../domain/lists/declaration.ts'
import { Component, type Named, Ref } from '../../schemas/ref.ts'

/** What a cursor looks like. */
export const NEXT_CURSOR =
  'eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10'

const cursor = (description: string, examples: Array<string | null>) =>
  Nullable(Type.String({ description, examples }))

export const Page = Component(
  'Page',
  Type.Object({
    limit: Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'The most records that this page could hold.',
      examples: [20],
    }),
    has_more: Type.Boolean({ description: 'Whether a page follows.', examples: [true] }),
    next_cursor: cursor('The `cursor` of the page that follows, null on the last one.', [
      NEXT_CURSOR,
    ]),
    prev_cursor: cursor('The `cursor` of the page before, null on the first one.', [null]),
    total: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'How many records all pages hold, when `total=true` asks for it.',
        examples: [1],
      }),
    ),
  }),
  {
    description: 'Where a page lies in its list.',
    examples: [{ limit: 20, has_more: true, next_cursor: NEXT_CURSOR, prev_cursor: null }],
  },
)

/** A page of a list: `{data, page}`. */
export const PageOf = <T extends Named>(
  $id: string,
  item: T & { examples: Array<Static<T>> },
  description: string,
) =>
  Component(
    $id,
    Type.Object({
      data: Type.Array(Ref(item), { maxItems: 100, description: 'The records, in order.' }),
      page: Ref(Page),
    }),
    // The compiler cannot follow Static through the generic item.
    { description, examples: [{ data: item.examples, page: Page.examples[0] }] as never },
  )

/**
 * The records of a list that `fields` may trim. They are a component of their own, without required members: with the required ones
 * of the resource the document would lie about each trimmed reply, and strict clients (Swift, Kotlin, Rust) would fail to read
 * it. What reads a single record keeps the schema of the resource, in which the members are required.
 */
export const Trimmed = <P extends TProperties>(
  $id: string,
  resource: Named & { properties: P; examples: unknown[] },
) =>
  Component($id, Type.Partial(Type.Object(resource.properties)), {
    description: `\`${resource.$id}\` in a list: all of its members, unless \`fields\` names those that are wanted.`,
    examples: resource.examples as never,
  })

export const presentPage = <R>({
  limit,
  next,
  prev,
  total,
}: PageRecord<R>): Static<typeof Page> => ({
  limit,
  has_more: next !== undefined,
  next_cursor: next ?? null,
  prev_cursor: prev ?? null,
  ...(total !== undefined && { total }),
})
