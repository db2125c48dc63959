import type { SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Kit } from '../../db/schema/column-kit.ts'
import type { TSchema } from '../../base/schema.ts'
import type { TextRule } from '../../base/text-rules.ts'
import type { Given, Kinds } from '../lists/declaration.ts'

/** Whether a new record must have a member, may have it, or never has it, because the server says what it is. */
export type Need = 'required' | 'optional' | 'never'
/** The engines' builders are alike (column-kit.ts). */
export type ColumnBuilder = ReturnType<Kit['text'] | Kit['integer'] | Kit['flag'] | Kit['moment']>

/** A member of a record, everywhere that it appears. `V` is what the record holds. */
export interface Member<V = unknown, N extends Need = Need> {
  need: N
  nullable: boolean
  /** What a record holds that was made without it; absent while it is required. */
  otherwise?: V
  /** Its schema in a record. */
  shown: TSchema
  /** Its schema in a new record, and in a change. Not for what the server says. */
  create?: TSchema
  change?: TSchema
  /** What it is in examples, as it is sent and as it is shown. */
  example: { sent: unknown; shown: unknown }
  column(kit: Kit, name: string): ColumnBuilder
  /** What records are sorted by where it is not the member itself, on both engines alike. */
  keys?: SortKeys<V>
  filter?: Comparisons
  /** Of a text, what it must be. */
  rule?: TextRule
  /** From the wire, where the record holds something else. @throws ValidationFailed */
  read?(sent: never, name: string): V
  /** To the wire, where it shows something else. */
  present?(held: V): unknown
  /** How a cell of a CSV file becomes it. `empty`: the empty text is a value of its own, where it stands in quotes. */
  cell: { kind: 'text' | 'integer' | 'flag'; empty?: boolean }
  /** Of a text, the most code points. */
  most?: number
}

/** One column, or one for each direction where there may be no value: then that comes last in both. */
export interface SortKeys<V> {
  columns(member: string): readonly [string] | readonly [ascending: string, descending: string]
  build(kit: Kit, column: string, direction: 0 | 1): ColumnBuilder
  of(held: V): readonly unknown[]
}

/** The columns of a member: its own, and those that it is sorted by. */
export interface MemberColumns {
  own: PgColumn
  keys: readonly PgColumn[]
}
/** What a filter by a member is, and which comparisons it knows. */
interface Comparisons {
  kind: keyof Kinds
  schema(about: string, example?: string): TSchema
  /** What is given, as the column that it is compared with holds it. @throws ValidationFailed */
  normalise?(given: string, parameter: string): string
  equals?(columns: MemberColumns, given: Given): SQL
  from?(columns: MemberColumns, given: Given): SQL
  until?(columns: MemberColumns, given: Given): SQL
}
