/** What users own in v2, as the tests of all three resources need it. */
export interface Resource {
  name: 'posts' | 'todos' | 'books'
  /** As in "Post not found". */
  one: string
  /** The least that a new one needs, and what it is shown as, but for what the server adds. */
  least: object
  shown: object
  /** Everything that a new one may have, and what it is shown as. */
  most: object
  mostShown: object
  /** Changes that are valid one after the other on what has most, and what then differs. */
  patches: Array<[patch: object, changes: object]>
  /** Members that null does not clear. */
  required: string[]
  /** Whether moderators and admins may change it, and whose it is is shown. */
  isShared: boolean
  access: 'public' | 'user' | 'owner'
}

const post: Resource = {
  name: 'posts',
  one: 'Post',
  least: { title: ' On reading\n', content: ' Copy it.\n' },
  shown: { title: 'On reading', content: ' Copy it.\n', category: 'general' },
  most: { title: 'On reading', content: 'x', category: 'a-1' },
  mostShown: { title: 'On reading', content: 'x', category: 'a-1' },
  patches: [
    [{ title: '\tOther ' }, { title: 'Other' }],
    [{ content: '\n' }, { content: '\n' }],
    [{ category: 'z'.repeat(32) }, { category: 'z'.repeat(32) }],
    [
      { title: 'All', content: 'of', category: 'them' },
      { title: 'All', content: 'of', category: 'them' },
    ],
  ],
  required: ['title', 'content', 'category'],
  isShared: true,
  access: 'public',
}

const todo: Resource = {
  name: 'todos',
  one: 'Todo',
  least: { title: ' Water the plants ' },
  shown: {
    title: 'Water the plants',
    description: null,
    completed: false,
    completed_at: null,
    due_at: null,
    priority: 'normal',
  },
  most: {
    title: 'Water',
    description: '',
    completed: false,
    due_at: '2026-11-27T17:00:00+01:00',
    priority: 'high',
  },
  mostShown: {
    title: 'Water',
    description: '',
    completed: false,
    completed_at: null,
    due_at: '2026-11-27T16:00:00.000Z',
    priority: 'high',
  },
  patches: [
    [{ title: 'Other' }, { title: 'Other' }],
    [{ description: null }, { description: null }],
    [{ description: ' x ' }, { description: ' x ' }],
    [{ due_at: '0001-01-01T00:00:00Z' }, { due_at: '0001-01-01T00:00:00.000Z' }],
    [{ due_at: '9999-12-31T23:59:59.999Z' }, { due_at: '9999-12-31T23:59:59.999Z' }],
    [{ due_at: null }, { due_at: null }],
    [{ priority: 'low' }, { priority: 'low' }],
  ],
  required: ['title', 'completed', 'priority'],
  isShared: false,
  access: 'owner',
}

const book: Resource = {
  name: 'books',
  one: 'Book',
  least: { title: ' Walden ', author: ' Thoreau ' },
  shown: {
    title: 'Walden',
    author: 'Thoreau',
    isbn: null,
    published_year: null,
    description: null,
  },
  most: {
    title: 'The Left Hand of Darkness',
    author: 'Ursula K. Le Guin',
    isbn: '0-441-47812-3',
    published_year: 1969,
    description: '',
  },
  mostShown: {
    title: 'The Left Hand of Darkness',
    author: 'Ursula K. Le Guin',
    isbn: '9780441478125',
    published_year: 1969,
    description: '',
  },
  patches: [
    [{ title: 'Other' }, { title: 'Other' }],
    [{ author: 'Nobody' }, { author: 'Nobody' }],
    [{ isbn: '080442957X' }, { isbn: '9780804429573' }],
    [{ isbn: '080442957x' }, {}],
    [{ isbn: '978-0-306-40615-7' }, { isbn: '9780306406157' }],
    [{ isbn: null }, { isbn: null }],
    [{ published_year: -3000 }, { published_year: -3000 }],
    [{ published_year: 9999 }, { published_year: 9999 }],
    [{ published_year: 0 }, { published_year: 0 }],
    [{ published_year: null }, { published_year: null }],
    [{ description: 'x' }, { description: 'x' }],
    [{ description: null }, { description: null }],
  ],
  required: ['title', 'author'],
  isShared: true,
  access: 'user',
}

export const RESOURCES = [post, todo, book]
export const urlOf = ({ name }: Resource, id?: number) =>
  id === undefined ? `/api/v2/${name}` : `/api/v2/${name}/${id}`
