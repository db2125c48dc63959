/** How a cell of a CSV file becomes a member. */
export type Kind = 'text' | 'integer' | 'flag'

export interface Column {
  kind: Kind
  required?: boolean
  /** The empty text is a value of its own, where it stands in quotes. */
  empty?: boolean
}

/** What the rows of a file may have. */
export interface Columns {
  /** Members of a new record. */
  members: Readonly<Record<string, Column>>
  /** What an export has beside them. They are the server's to give, so an import passes over them. */
  ignored: readonly string[]
}

export const TODO_COLUMNS = {
  members: {
    title: { kind: 'text', required: true },
    description: { kind: 'text', empty: true },
    completed: { kind: 'flag' },
    due_at: { kind: 'text' },
    priority: { kind: 'text' },
  },
  ignored: ['id', 'completed_at', 'created_at', 'updated_at'],
} satisfies Columns

export const BOOK_COLUMNS = {
  members: {
    title: { kind: 'text', required: true },
    author: { kind: 'text', required: true },
    isbn: { kind: 'text' },
    published_year: { kind: 'integer' },
    description: { kind: 'text', empty: true },
  },
  ignored: ['id', 'user_id', 'username', 'user', 'created_at', 'updated_at'],
} satisfies Columns
