import { IsbnTaken } from '../../base/errors.ts'
import { goodreads } from './goodreads.ts'
import { isbn, line, optional, stamp, text, year } from './members.ts'
import { resource } from './resource.ts'

/** The catalogue that all signed-in users share; whoever added a book, and moderators, may change it. */
export const book = resource({
  name: 'book',
  table: 'books',
  called: 'book',
  read: 'signed-in',
  write: ['owner', 'moderator', 'admin'],
  members: {
    title: line('The title.', 'The Left Hand of Darkness'),
    author: line('Who wrote it.', 'Ursula K. Le Guin'),
    isbn: optional(
      isbn(
        {
          shown: 'Its ISBN of 13 digits, or null.',
          sent: 'Its ISBN of 10 or 13 digits, or null; unique among your books.',
        },
        '0-441-47812-3',
      ),
    ),
    published_year: optional(
      year('The year it was published, negative before the common era, or null.', 1969, 'year'),
    ),
    description: optional(
      text('What it is about, or null.', 'An envoy on Gethen.', { least: 0, most: 10_000 }),
    ),
    created_at: stamp('When it was added.'),
    updated_at: stamp('When it last changed.'),
  },
  list: {
    filters: {
      user_id: { by: 'user_id', how: 'equals', about: 'Only books that this user added.' },
      author: {
        by: 'author',
        how: 'equals',
        about: 'Only books by this author, whatever the case.',
      },
      isbn: {
        by: 'isbn',
        how: 'equals',
        about: 'Only books with this ISBN, of either length.',
        indexed: 'id',
      },
      year_from: {
        by: 'published_year',
        how: 'from',
        about: 'Only books of this year or later.',
      },
      year_to: {
        by: 'published_year',
        how: 'until',
        about: 'Only books of this year or earlier.',
      },
    },
    sorts: ['created_at', 'title', 'author', 'published_year'],
    searched: ['title', 'author', 'description'],
    example: 'le guin',
  },
  unique: {
    member: 'isbn',
    taken: () => new IsbnTaken(),
    fault: {
      code: 'isbn_taken',
      there: 'You have a book with this ISBN already',
      twice: (before) => `The row in line ${before} has the same ISBN`,
    },
  },
  files: {
    about:
      ' The library export of Goodreads is taken too: of it come title, author, ISBN, year and review.',
    foreign: goodreads,
    command: 'goodreads_library_export.csv --user alice --on-error skip',
    csv: 'title,author,isbn,published_year,description\r\nThe Left Hand of Darkness,Ursula K. Le Guin,0-441-47812-3,1969,\r\n',
    ndjson: '{"title":"Walden","author":"Henry David Thoreau","published_year":1854}\n',
  },
  examples: {
    create: ['title', 'author', 'isbn', 'published_year'],
    change: { published_year: 1969 },
  },
  texts: {
    tag: 'A catalogue that all users share.',
    record: 'A book of the shared catalogue.',
    list: 'The catalogue that all users share, the newest entries first unless sorted otherwise.',
    verb: 'Add',
    create: 'Adds a book to the catalogue. Whoever added it may change it.',
    export: 'The books that you added, or the whole catalogue, as a file.',
    all: 'Whether to export the whole catalogue, not only your books.',
  },
})
