import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from 'drizzle-kit/api'
import type { Test } from 'tap'
import { searchIndexOf } from '../../../migrations/search-index.ts'
import { liteKit, pgKit } from '../../../src/db/schema/column-kit.ts'
import { tables } from '../../../src/db/schema/tables.ts'
import { tablesOf } from '../../../src/domain/resources/engine/table.ts'
import { RESOURCES } from '../../../src/domain/resources/index.ts'
import {
  choice,
  defaulted,
  flag,
  line,
  moment,
  optional,
  stamp,
  text,
  year,
} from '../../../src/domain/resources/members.ts'
import { resource } from '../../../src/domain/resources/resource.ts'
import { engine, freshDatabase } from '../../database.ts'
import { alter } from '../../db/bare.ts'

/** A resource that the server does not have: private, with a member of nearly every kind. */
export const note = resource({
  name: 'note',
  table: 'notes',
  called: 'note',
  read: 'owner',
  write: ['owner'],
  members: {
    title: line('What it is about.', 'Rivers'),
    body: optional(text('What there is to say, or null.', 'They run.', { least: 0, most: 5000 })),
    mood: defaulted(choice('How it feels.', ['glad', 'calm', 'sad'], 'calm'), 'calm'),
    pinned: defaulted(flag('Whether it comes first.'), false),
    ends_at: optional(
      moment(
        { shown: 'When it ends, or null.', sent: 'When it ends (RFC 3339), or null.' },
        '2026-12-24T18:00:00+01:00',
      ),
    ),
    about_year: optional(year('The year that it is about, or null.', 1854, 'year')),
    created_at: stamp('When it was written.'),
    updated_at: stamp('When it last changed.'),
  },
  list: {
    filters: {
      mood: { by: 'mood', how: 'equals', about: 'Only those of this mood.' },
      year_from: { by: 'about_year', how: 'from', about: 'Only those about this year or later.' },
      ends_before: { by: 'ends_at', how: 'until', about: 'Only those that end before it.' },
    },
    sorts: ['created_at', 'title', 'mood', 'about_year'],
    searched: ['title', 'body'],
    example: 'river',
  },
  files: {
    command: 'notes.csv --user alice',
    csv: 'title,body,mood\r\nRivers,They run.,calm\r\n',
    ndjson: '{"title":"Rivers"}\n',
  },
  examples: { create: ['title', 'mood'], change: { pinned: true } },
  texts: {
    tag: 'What one writes down.',
    record: 'A note.',
    list: 'Your notes, the newest first unless sorted otherwise.',
    verb: 'Write',
    create: 'Nobody but you sees it.',
    export: 'Your notes as a file.',
  },
})
export const WITH_NOTES = [...RESOURCES, note]

/** A database with its table and its index, as a migration would make them: from the declaration. */
export async function databaseWithNotes(t: Test): Promise<string> {
  const url = await freshDatabase(t)
  const [before, after] = [RESOURCES, WITH_NOTES].map(tablesOf)
  const statements =
    engine === 'sqlite'
      ? await generateSQLiteMigration(
          await generateSQLiteDrizzleJson({ ...tables(liteKit, before!) }),
          await generateSQLiteDrizzleJson({ ...tables(liteKit, after!) }),
        )
      : await generateMigration(
          generateDrizzleJson({ ...tables(pgKit, before!) }),
          generateDrizzleJson({ ...tables(pgKit, after!) }),
        )
  await alter(url, [...statements, searchIndexOf('notes')[engine]].join('\n'))
  return url
}
