/** How a cell of a CSV file becomes a member. */
export type Kind = 'text' | 'integer' | 'flag'

export interface Column {
  kind: Kind
  required?: boolean
  /** The empty text is a value of its own, where it stands in quotes. */
  empty?: boolean
}

/** A CSV file of somebody else's. */
export interface ForeignFormat {
  /** Whether these columns are its. */
  recognises(names: readonly string[]): boolean
  /** The members of a new record, by the cells of a row. */
  members(cells: ReadonlyMap<string, string>): Record<string, unknown>
  /** The file as CSV, where it is not quite. */
  csv(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}

/** What the rows of a file may have. */
export interface Columns {
  /** Members of a new record. */
  members: Readonly<Record<string, Column>>
  /** What an export has beside them. They are the server's to give, so an import passes over them. */
  ignored: readonly string[]
  foreign?: ForeignFormat | undefined
}
