import type { SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Kit } from '../../db/schema/column-kit.ts'
import type { FastifyError } from '../../base/errors.ts'
import type { TSchema } from '../../base/schema.ts'
import type { Given, Kinds } from '../lists/declaration.ts'
import type { ForeignFormat } from '../transfer/columns.ts'
import type { ColumnBuilder, Member, Need } from './member.ts'

/** By the names on the wire, in the order in which a record shows them: its id comes first, its owner before `created_at`. */
export type Members = Readonly<Record<string, Member>> & {
  readonly created_at: Member<Date, 'never'>
  readonly updated_at: Member<Date, 'never'>
}

/** `published_year` as `publishedYear`, as it is called inside. */
export type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S
export const camel = (name: string) =>
  name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

type Held<T> = T extends Member<infer V> ? V : never
type Needing<M, N extends Need> = {
  [K in keyof M]: M[K] extends Member<unknown, N> ? K : never
}[keyof M] &
  string
/** What a record holds of its members. */
export type RecordOf<M> = { [K in keyof M & string as Camel<K>]: Held<M[K]> }
/** What every record has beside them. */
export interface Kept {
  id: number
  userId: number
}
/** What a new record is made from. */
export type InputOf<M> = { [K in Needing<M, 'required'> as Camel<K>]: Held<M[K]> } & {
  [K in Needing<M, 'optional'> as Camel<K>]?: Held<M[K]> | undefined
}

/** A filter of a list that compares a member. */
export interface MemberFilter<Name extends string = string> {
  by: Name | 'user_id'
  /** Of moments, `from` is at it or later, `until` before it; of years both are with it. */
  how: 'equals' | 'from' | 'until'
  /** What the document says of it. */
  about: string
  example?: string
  /** Records that are equal in this have an index in the order of that sort. */
  indexed?: 'created_at' | 'id'
}
/** One that is not about one member. */
export interface OwnFilter {
  kind: keyof Kinds
  schema: TSchema
  /** @param columns by their names inside */
  where(columns: Readonly<Record<string, PgColumn>>, given: Given, now: Given): SQL
}

/** What is special about one kind of what users own. */
export interface Declaration<N extends string, T extends string, M extends Members> {
  /** `todo`: names its events, permissions, audit actions and operations. */
  name: N
  /** `todos`: names its table, paths, scopes and files. */
  table: T
  /** `to-do`, as people read it. */
  called: string
  /** Who may read one, and is told what happens to it. */
  read: 'owner' | 'signed-in' | 'anyone'
  /** Who may change it and remove it. */
  write: readonly ['owner'] | readonly ['owner', 'moderator', 'admin']
  members: M
  list: {
    filters: Readonly<Record<string, MemberFilter<keyof M & string> | OwnFilter>>
    /** What it can be sorted by, beside `id`. */
    sorts: ReadonlyArray<keyof M & string>
    searched: ReadonlyArray<keyof M & string>
    /** Something to search for. */
    example: string
  }
  /** A member of which no two records of one owner have the same. */
  unique?: {
    member: keyof M & string
    taken(): FastifyError
    /** What is wrong with a row of a file: a record has it, or the row in another line. */
    fault: { code: 'isbn_taken'; there: string; twice(line: number): string }
  }
  /** What no kind of member can say. */
  also?: {
    /** Columns beside those of the members, by their names inside. */
    columns?: (kit: Kit) => Record<string, ColumnBuilder>
    /** What follows from the members that were given. */
    derive(record: RecordOf<M>): Record<string, unknown>
  }
  /** How files of new records are read; absent where none are. */
  files?: {
    /** What is said of it beyond what holds for all. */
    about?: string
    /** A format of somebody else. */
    foreign?: ForeignFormat
    /** A file and options, as an example of the command. */
    command: string
    /** A small file, and the same as NDJSON. */
    csv: string
    ndjson: string
  }
  examples: {
    /** The members of a new record that its example gives. */
    create: ReadonlyArray<keyof M & string>
    change: Readonly<Record<string, unknown>>
  }
  /** What the documents say. */
  texts: {
    /** Of the operations on them. */
    tag: string
    /** Of a record. */
    record: string
    list: string
    /** What one does to make one: `Add`. */
    verb: string
    create: string
    export: string
    /** Of the parameter that asks for the records of everyone. */
    all?: string
  }
}
export const resource = <const N extends string, const T extends string, M extends Members>(
  declaration: Declaration<N, T, M>,
): Declaration<N, T, M> => declaration

/** One of any members, for what does something for each. */
export type AnyResource = Declaration<string, string, Members>
