import { Type, type Static } from '../../../base/schema.ts'
import type { ListedRecords } from '../../../domain/content/resource-lists.ts'
import type { Happened, Shown } from '../../../domain/events/log.ts'
import type { Resource, ResourceTable } from '../../../domain/resources.ts'
import * as fields from '../../../base/fields.ts'
import { Component, type Named, Ref, reference } from '../../schemas/ref.ts'
import { Book, presentBook } from './books.ts'
import { Post, presentPost } from './posts.ts'
import { presentTodo, Todo } from './todos.ts'

const NOW = '2026-11-20T16:33:06.902Z'
/** More than a number of JavaScript holds exactly is never reached. */
const eventId = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'The id of the event. Later events have higher ones.',
  examples: [1207],
})
const at = fields.timestamp('When it happened.')
const VERBS = ['created', 'updated', 'deleted'] as const
type Verb = (typeof VERBS)[number]
const typesOf = (kind: string) => VERBS.map((verb) => `${kind}.${verb}`)

/** The events of one kind of record. */
const EventOf = <Kind extends Resource['name'], T extends Named>(
  $id: string,
  kind: Kind,
  record: T & { examples: Array<Static<T>> },
  description: string,
) =>
  Component(
    $id,
    Type.Object({
      id: eventId,
      type: Type.Unsafe<`${Kind}.${Verb}`>({
        type: 'string',
        enum: typesOf(kind),
        description: 'What happened.',
        examples: [`${kind}.updated`],
      }),
      resource_id: fields.id(`The id of the ${kind}.`),
      at,
      data: Type.Optional(Ref(record)),
    }),
    {
      description,
      // The compiler cannot follow Static through the generic record.
      examples: [
        { id: 1207, type: `${kind}.updated`, resource_id: 42, at: NOW, data: record.examples[0] },
      ] as never,
    },
  )

export const PostEvent = EventOf(
  'PostEvent',
  'post',
  Post,
  'Something that happened to a post. `data` is the post as it is now, if it is still there.',
)
export const TodoEvent = EventOf(
  'TodoEvent',
  'todo',
  Todo,
  'Something that happened to one of your to-dos. `data` is the to-do as it is now, if it is still there.',
)
export const BookEvent = EventOf(
  'BookEvent',
  'book',
  Book,
  'Something that happened to a book. `data` is the book as it is now, if it is still there.',
)
export const ResetEvent = Component(
  'ResetEvent',
  Type.Object({
    id: eventId,
    type: Type.Unsafe<'reset'>({
      type: 'string',
      enum: ['reset'],
      description: 'The stream cannot be resumed where it broke off.',
    }),
    at,
  }),
  {
    description:
      'Events are missing: the log does not reach back to the last one you had, or the database was restored since. Read anew what you keep; from here on nothing is missing.',
    examples: [{ id: 1207, type: 'reset', at: NOW }],
  },
)

const mapping = Object.fromEntries(
  (
    [
      ['PostEvent', typesOf('post')],
      ['TodoEvent', typesOf('todo')],
      ['BookEvent', typesOf('book')],
      ['ResetEvent', ['reset']],
    ] as const
  ).flatMap(([name, types]) => types.map((type) => [type, `#/components/schemas/${name}`])),
)
export const Event = Component(
  'Event',
  Type.Unsafe<
    | Static<typeof PostEvent>
    | Static<typeof TodoEvent>
    | Static<typeof BookEvent>
    | Static<typeof ResetEvent>
  >({
    oneOf: [PostEvent, TodoEvent, BookEvent, ResetEvent].map(reference),
    discriminator: { propertyName: 'type', mapping },
  }),
  {
    description: 'The `data` of one event of a stream, as JSON: `type` tells which.',
    examples: [...TodoEvent.examples],
  },
)

export const EVENT_STREAM = 'text/event-stream'
/** The media type has no schema language of its own: tools take the schema for that of the `data` of each event. */
export const eventStream = {
  description: `Events until one of you hangs up or the session ends. The schema is that of the \`data\` of each:

\`\`\`
event: todo.updated
id: 1207
data: {"id":1207,"type":"todo.updated","resource_id":42,"at":"${NOW}","data":{"id":42,"title":"Water the plants",…}}
\`\`\``,
  headers: { 'X-Accel-Buffering': {} },
  content: { [EVENT_STREAM]: { schema: Type.Unsafe<never>(reference(Event)) } },
}

export const LastEventId = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description:
        'The `id` of the last event that you have: the stream goes on behind it. Without, it begins now.',
      examples: ['1207'],
      ...fields.stated({ pattern: '^[0-9]{0,15}$' }),
    }),
  ),
})

const PRESENT: { [T in ResourceTable]: (record: ListedRecords[T]) => object } = {
  posts: presentPost,
  todos: presentTodo,
  books: presentBook,
}
const presentRecord = <T extends ResourceTable>({ table, record }: Shown<T>) =>
  PRESENT[table](record)

export const presentEvent = ({ id, type, resourceId, at: moment, shown }: Happened) => ({
  id,
  type,
  resource_id: resourceId,
  at: moment.toISOString(),
  data: shown && presentRecord(shown),
})
