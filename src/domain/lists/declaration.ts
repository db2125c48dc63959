import type { SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { SelectResultFields } from 'drizzle-orm/query-builders/select.types'

/** What a caller gives to a filter of each kind. */
export interface Kinds {
  text: string
  integer: number
  flag: boolean
  moment: Date
}

/** Stands for the value of a filter in its condition, encoded for the column that it is compared with. */
export type Given = (column: PgColumn) => SQL

export interface Filter<T> {
  kind: keyof Kinds
  /** `now` stands for the present moment. */
  where(table: T, given: Given, now: Given): SQL
  /** The sort whose own column it bounds: the index of the sort finds what passes. */
  bounds?: string
  /** Each of these sorts has an index that begins with what this filter compares: it finds what passes, in their order. */
  leads?: readonly string[]
  /** Another filter that `leads` is true with. */
  beside?: string
}

type SortColumn<T> = (table: T, direction: Direction) => PgColumn

/** A table whose records can be listed. */
export type Listed = PgTable & { id: PgColumn }

/**
 * A list of the contract, as data: filters and sorts by their names on the wire. Every combination of filters and sort is one
 * prepared statement, so each filter doubles them. What is sorted by must not be null, and must be short: cursors hold it.
 */
export interface Declaration<T extends Listed> {
  /** Names the statements, and binds the cursors. */
  name: string
  /** What leaves the table. A member that is not a column of it can be an SQL expression, such as a subquery. */
  shown(table: T): Record<string, PgColumn | SQL>
  filters: Record<string, Filter<T>>
  /** By direction, so that records without a value can come last in both. */
  sorts: Record<'created_at' | 'id', SortColumn<T>> & Record<string, SortColumn<T>>
  /** A condition on every page that no caller of the API can lift: whose records they are. Every index but the search's begins with it. */
  scope?(table: T, given: Given): SQL
  /** Full-text search; the table is named as the list is. */
  search?: {
    /** What search-text.ts wrote of each record. */
    text(table: T): PgColumn
    /** The word that marks the records of an owner. */
    tag?(owner: number): string
  }
}

/** What a declaration says to those who only pass it on. */
export interface Described {
  shown(table: never): Record<string, PgColumn | SQL>
  filters: Record<string, { kind: keyof Kinds }>
  sorts: Record<string, unknown>
  search?: unknown
}

export type Direction = 'asc' | 'desc'
/** The order of a search by how well records match, the best first. */
export const RELEVANCE = 'relevance'
export type Sort<D extends Described> =
  | `${keyof D['sorts'] & string}:${Direction}`
  | (D extends { search: unknown } ? typeof RELEVANCE : never)
export type Filters<D extends Described> = {
  [F in keyof D['filters']]?: Kinds[D['filters'][F]['kind']] | undefined
}
export type Row<D extends Described> = SelectResultFields<ReturnType<D['shown']>>

export const DEFAULT_SORT = 'created_at:desc'
export const DEFAULT_LIMIT = 20
export const MAX_LIMIT = 100

/** Which part of a list: a page of it has `limit` records, 1 to 100, 20 unless given. */
export interface Window {
  limit?: number | undefined
  cursor?: string | undefined
}

export interface Query<D extends Described> extends Window {
  /** `created_at:desc` unless given. */
  sort?: Sort<D> | undefined
  filters?: Filters<D> | undefined
  /** What to search for, for lists with a search. */
  q?: string | undefined
  /** Whether to count what all pages hold: it reads them all. */
  total?: boolean | undefined
}

export interface Page<R> {
  records: R[]
  limit: number
  /** The cursor of the page behind this one; absent when there is none. */
  next: string | undefined
  /** The cursor of the page before this one; absent when there is none. */
  prev: string | undefined
  total?: number | undefined
}
