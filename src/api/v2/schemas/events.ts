import { Type } from '../../../base/schema.ts'
import type { Happened } from '../../../domain/events/log.ts'
import * as fields from '../../../base/fields.ts'
import { Component, type Named, Ref, reference } from '../../schemas/ref.ts'
import { namesOf, type ResourceSchemas } from './resource.ts'

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
const typesOf = (name: string) => VERBS.map((verb) => `${name}.${verb}`)

/** The events of one resource. */
function eventOf({ resource, record }: ResourceSchemas) {
  const { name, read } = resource
  const { One, called, many } = namesOf(resource)
  const one = read === 'owner' ? `one of your ${many}` : `a ${called}`
  return Component(
    `${One}Event`,
    Type.Object({
      id: eventId,
      type: Type.Unsafe<string>({
        type: 'string',
        enum: typesOf(name),
        description: 'What happened.',
        examples: [`${name}.updated`],
      }),
      resource_id: fields.id(`The id of the ${name}.`),
      at,
      data: Type.Optional(Ref(record)),
    }),
    {
      description: `Something that happened to ${one}. \`data\` is the ${called} as it is now, if it is still there.`,
      examples: [
        { id: 1207, type: `${name}.updated`, resource_id: 42, at: NOW, data: record.examples[0]! },
      ],
    },
  )
}
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

/** What a stream of events may hold. */
export function eventsOf(all: readonly ResourceSchemas[]) {
  const kinds = all.map((schemas) => ({ schemas, event: eventOf(schemas) }))
  const mapping = [
    ...kinds.map(({ schemas, event }) => [event, typesOf(schemas.resource.name)] as const),
    [ResetEvent, ['reset']] as const,
  ].flatMap(([{ $id }, types]) => types.map((type) => [type, `#/components/schemas/${$id}`]))
  const own = kinds.find(({ schemas }) => schemas.resource.read === 'owner')
  const Event = Component(
    'Event',
    Type.Unsafe<object>({
      oneOf: [...kinds.map(({ event }) => event), ResetEvent].map(reference),
      discriminator: { propertyName: 'type', mapping: Object.fromEntries(mapping) },
    }),
    {
      description: 'The `data` of one event of a stream, as JSON: `type` tells which.',
      examples: [...(own?.event.examples ?? [])],
    },
  )
  return { Event, components: [...kinds.map(({ event }) => event), ResetEvent, Event] as Named[] }
}

export const EVENT_STREAM = 'text/event-stream'
/** The media type has no schema language of its own: tools take the schema for that of the `data` of each event. */
export const eventStream = (event: Named) => ({
  description: `Events until one of you hangs up or the session ends. The schema is that of the \`data\` of each:

\`\`\`
event: todo.updated
id: 1207
data: {"id":1207,"type":"todo.updated","resource_id":42,"at":"${NOW}","data":{"id":42,"title":"Water the plants",…}}
\`\`\``,
  headers: { 'X-Accel-Buffering': {} },
  content: { [EVENT_STREAM]: { schema: Type.Unsafe<never>(reference(event)) } },
})

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

/** How events are shown. */
export function eventPresenterOf(all: readonly ResourceSchemas[]) {
  const presenters = new Map(all.map(({ resource, present }) => [resource, present]))
  return ({ id, type, resourceId, at: moment, shown }: Happened) => ({
    id,
    type,
    resource_id: resourceId,
    at: moment.toISOString(),
    data: shown && presenters.get(shown.resource)!(shown.record),
  })
}
