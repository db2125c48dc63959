import { sql } from '../../db/drizzle.ts'
import { Type } from '../../base/schema.ts'
import { fold } from '../../base/text.ts'
import { choice, defaulted, flag, line, moment, optional, stamp, text } from './members.ts'
import { resource } from './resource.ts'

/** To-dos are private: only their owner sees, changes or counts them. */
export const todo = resource({
  name: 'todo',
  table: 'todos',
  called: 'to-do',
  read: 'owner',
  write: ['owner'],
  members: {
    title: line('What there is to do.', 'Water the plants'),
    description: optional(
      text('More about it, or null.', 'The ones on the sill too.', { least: 0, most: 10_000 }),
    ),
    completed: {
      ...defaulted(flag('Whether it is done.'), false),
      // Older than the defaults of columns.
      column: (kit, name) => kit.flag(name),
    },
    completed_at: optional(stamp('When it was completed, null when it is not.')),
    due_at: optional(
      moment(
        {
          shown: 'When it is due, null when at no time.',
          sent: 'When it is due (RFC 3339, any offset), or null.',
        },
        '2026-11-27T17:00:00+01:00',
      ),
    ),
    priority: defaulted(choice('How urgent it is.', ['low', 'normal', 'high'], 'normal'), 'normal'),
    created_at: stamp('When it was written.'),
    updated_at: stamp('When it last changed.'),
  },
  list: {
    filters: {
      completed: {
        by: 'completed',
        how: 'equals',
        about: 'Only those that are done, or are not.',
      },
      priority: { by: 'priority', how: 'equals', about: 'Only those of this priority.' },
      due_after: {
        by: 'due_at',
        how: 'from',
        about: 'Only those that are due at this moment or later.',
      },
      due_before: {
        by: 'due_at',
        how: 'until',
        about: 'Only those that are due before it.',
        example: '2026-11-27T00:00:00Z',
      },
      overdue: {
        kind: 'flag',
        schema: Type.Boolean({
          description: 'Only those that are due and not done, or all others.',
          examples: [true],
        }),
        where: ({ dueAscending: due, completed }, given, now) =>
          sql`(${due} < ${now(due!)} and not ${completed}) = ${given(completed!)}`,
      },
    },
    sorts: ['created_at', 'due_at', 'priority', 'title'],
    searched: ['title', 'description'],
    example: 'water plants',
  },
  also: {
    // v1 searches for any part of these.
    columns: (kit) => ({
      titleKey: kit.text('title_key').notNull(),
      descriptionKey: kit.text('description_key'),
    }),
    derive: ({ title, description, completed, completedAt, updatedAt }) => ({
      titleKey: fold(title),
      descriptionKey: description === null ? null : fold(description),
      completedAt: completed ? (completedAt ?? updatedAt) : null,
    }),
  },
  files: {
    command: 'old.ndjson --user bob --dry-run',
    csv: 'title,description,completed,due_at,priority\r\nWater the plants,The ones on the sill too.,false,2026-11-27T17:00:00+01:00,high\r\n',
    ndjson: '{"title":"Water the plants","due_at":"2026-11-27T17:00:00+01:00"}\n',
  },
  examples: { create: ['title', 'due_at'], change: { completed: true } },
  texts: {
    tag: 'What nobody but their owner can see.',
    record: 'A to-do, which nobody but its owner sees.',
    list: 'Your to-dos, the newest first unless sorted otherwise.',
    verb: 'Write',
    create: 'Nobody but you sees it.',
    export: 'Your to-dos as a file.',
  },
})
