import { Type, type TProperties, type TSchema } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { presenterOf } from '../../../domain/resources/engine/wire.ts'
import { oneOf } from '../../../domain/resources/engine/writes.ts'
import type { AnyResource } from '../../../domain/resources/resource.ts'
import { Component, type Named, Ref } from '../../schemas/ref.ts'
import { bulkOf } from './bulk.ts'
import { Owner } from './owner.ts'
import { PageOf, Trimmed } from './pages.ts'

/** What the document says of one resource: `Todo`, `TodoCreate`, `TodoPatch`, `TodoPage` and so on. */
export type ResourceSchemas = ReturnType<typeof schemasOf>
/** A component of members that are known at the start alone. */
type Open = Named & { properties: TProperties; examples: never[] }

/** How people call one of them, and several. */
export const namesOf = ({ name, table, called }: AnyResource) => ({
  /** `Todo` */
  One: oneOf(name),
  /** `Todos` */
  Many: oneOf(table),
  called,
  many: `${called}s`,
})

/** What a record is made from. */
export function createSchemaOf(resource: AnyResource): Open {
  const { members, examples } = resource
  const { One, called } = namesOf(resource)
  const properties = Object.entries(members).flatMap(([name, { need, create }]) =>
    create ? [[name, need === 'required' ? create : Type.Optional(create)] as const] : [],
  )
  const example = examples.create.map((name) => [name, members[name]!.example.sent])
  return Component(`${One}Create`, Type.Object(Object.fromEntries(properties), fields.closed), {
    description: `A new ${called}.`,
    examples: [Object.fromEntries(example)],
  }) as unknown as Open
}

export function schemasOf(resource: AnyResource) {
  const { name, members, read, examples, texts } = resource
  const { One, called, many } = namesOf(resource)
  const isOwned = read !== 'owner'
  const all = Object.entries(members)
  const isNullable = all.some(([, { nullable, need }]) => nullable && need !== 'never')

  const properties: Record<string, TSchema> = { id: fields.id(`The id of the ${called}.`) }
  const example: Record<string, unknown> = { id: 42 }
  for (const [
    member,
    {
      shown,
      nullable,
      cell,
      example: { shown: given },
    },
  ] of all) {
    if (isOwned && member === 'created_at') {
      properties['user'] = Ref(Owner)
      example['user'] = Owner.examples[0]
    }
    properties[member] = shown
    // A text that may be absent is, in the example of a record; so is what the server says of it.
    example[member] = nullable && (cell.empty || members[member]!.need === 'never') ? null : given
  }
  const record = Component(One, Type.Object(properties), {
    description: texts.record,
    examples: [example as never],
  }) as unknown as Open
  const create = createSchemaOf(resource)
  const patch = Component(
    `${One}Patch`,
    Type.Object(
      Object.fromEntries(
        all.flatMap(([member, { change }]) => (change ? [[member, Type.Optional(change)]] : [])),
      ),
      { ...fields.closed, minProperties: 1 },
    ),
    {
      description: `What to change of a ${called} (RFC 7396): what is absent stays${isNullable ? ', null clears' : ''}.`,
      examples: [examples.change as never],
    },
  ) as unknown as Open
  const bulk = bulkOf({
    name: One,
    what: called,
    create,
    patch,
    record,
    tag: `"${viewOf(resource)}${isOwned ? '3.1' : '3'}-5f0c9b2e"`,
  })
  const listed = Trimmed(`Listed${One}`, record)
  const page = PageOf(`${One}Page`, listed, `One page of ${isOwned ? many : `your ${many}`}.`)

  return {
    resource,
    name,
    record,
    create,
    patch,
    bulk,
    page,
    isNullable,
    present: presenterOf(resource),
    components: [record, create, patch, listed, page, ...bulk.components] as Named[],
  }
}

/** Begins the entity tags of a resource, so that those of two resources differ. */
export const viewOf = ({ name }: AnyResource) => name.charAt(0)
