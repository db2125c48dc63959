import { defaulted, line, slug, stamp, text } from './members.ts'
import { resource } from './resource.ts'

/** Posts: everyone reads them, their owners and moderators change them. */
export const post = resource({
  name: 'post',
  table: 'posts',
  called: 'post',
  read: 'anyone',
  write: ['owner', 'moderator', 'admin'],
  members: {
    title: line('The title.', 'Hello'),
    content: text('The text.', 'The first entry.', { least: 1, most: 100_000 }),
    category: defaulted(
      slug({ shown: 'What it is filed under.', sent: 'What to file it under.' }, 'general'),
      'general',
    ),
    created_at: stamp('When it was written.'),
    updated_at: stamp('When it last changed.'),
  },
  list: {
    filters: {
      user_id: { by: 'user_id', how: 'equals', about: 'Only posts of this user.' },
      category: {
        by: 'category',
        how: 'equals',
        about: 'Only posts that are filed under this.',
        indexed: 'created_at',
      },
      created_after: {
        by: 'created_at',
        how: 'from',
        about: 'Only posts that were written at this moment or later.',
      },
      created_before: {
        by: 'created_at',
        how: 'until',
        about: 'Only posts that were written before it.',
        example: '2026-11-27T00:00:00Z',
      },
    },
    sorts: ['created_at', 'updated_at', 'title'],
    searched: ['title', 'content'],
    example: 'read "commonplace book"',
  },
  examples: { create: ['title', 'content', 'category'], change: { title: 'Hello again' } },
  texts: {
    tag: 'What users publish. Everyone may read them.',
    record: 'A post, which everyone may read.',
    list: 'All posts, the newest first unless sorted otherwise.',
    verb: 'Write',
    create: 'Publishes a post of yours.',
    export: 'Your posts, or those of everyone, as a file.',
    all: 'Whether to export the posts of everyone, not only yours.',
  },
})
