import type { SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { eq, gte, lt, sql } from '../../db/drizzle.ts'
import { ValidationFailed } from '../../base/errors.ts'
import * as fields from '../../base/fields.ts'
import { ISBN_LENGTH, toIsbn13 } from '../../base/isbn.ts'
import { readMoment } from '../../base/moments.ts'
import { Nullable, Type, type TSchema } from '../../base/schema.ts'
import { sized } from '../../base/text-rules.ts'
import type { Given } from '../lists/declaration.ts'
import type { Member, MemberColumns, Need } from './member.ts'
import { NO_YEAR, sortMoment, sortText, sortYear } from './sort-keys.ts'

/** What is said of a member where it is shown, and where it is sent. */
type About = string | { shown: string; sent: string }
const about = (what: About) => (typeof what === 'string' ? { shown: what, sent: what } : what)

const required = { need: 'required', nullable: false } as const
const same = (example: unknown) => ({ sent: example, shown: example })
const equalsOwn = ({ own }: MemberColumns, given: Given) => eq(own, given(own))

/** A single line of 1 to 200 characters, without the spaces around it. It is sorted, and found, in any case and form. */
export function line(what: string, example: string): Member<string, 'required'> {
  const length = [1, 200] as const
  const schema = fields.line(what, example)
  return {
    ...required,
    shown: schema,
    create: schema,
    change: schema,
    example: same(example),
    column: (kit, name) => kit.text(name),
    keys: {
      columns: (member) => [`${member}_sort`],
      build: (kit, column) => kit.text(column).notNull().default(''),
      of: (held) => [sortText(held)],
    },
    filter: {
      kind: 'text',
      schema: (said) => fields.line(said, example),
      normalise: sortText,
      equals: ({ keys: [folded] }, given) => eq(folded!, given(folded!)),
    },
    rule: { length, judge: (given) => sized(given.trim(), length) },
    cell: { kind: 'text' },
    most: length[1],
  }
}

/** A text of `least` to `most` characters, as it was sent. */
export function text(
  what: string,
  example: string,
  { least, most }: { least: 0 | 1; most: number },
): Member<string, 'required'> {
  const schema = Type.String({
    ...(least > 0 && { minLength: least }),
    maxLength: most,
    description: what,
    examples: [example],
  })
  return {
    ...required,
    shown: schema,
    create: schema,
    change: schema,
    example: same(example),
    column: (kit, name) => kit.text(name),
    rule: { length: [least, most], judge: (given) => sized(given, [least, most]) },
    cell: { kind: 'text', ...(least === 0 && { empty: true }) },
    most,
  }
}

/** A short name for programs: 1 to 32 of the letters a to z, digits and hyphens. */
export function slug(what: About, example: string): Member<string, 'required'> {
  const length = [1, 32] as const
  const pattern = '^[a-z0-9-]{1,32}$'
  const schema = (description: string) => Type.String({ pattern, description, examples: [example] })
  const detail = 'must be 1 to 32 of the letters a to z, digits and "-"'
  const { shown, sent } = about(what)
  return {
    ...required,
    shown: schema(shown),
    create: schema(sent),
    change: schema(sent),
    example: same(example),
    column: (kit, name) => kit.text(name),
    filter: { kind: 'text', schema, equals: equalsOwn },
    rule: {
      length,
      judge: (given) =>
        new RegExp(pattern).test(given) ? given : { code: 'invalid_category', detail },
    },
    cell: { kind: 'text' },
    most: length[1],
  }
}

/** Yes or no. */
export function flag(what: string): Member<boolean, 'required'> {
  const schema = (description: string) => Type.Boolean({ description, examples: [false] })
  return {
    ...required,
    shown: schema(what),
    create: schema(what),
    change: schema(what),
    example: same(false),
    column: (kit, name) => kit.flag(name),
    filter: { kind: 'flag', schema, equals: equalsOwn },
    cell: { kind: 'flag' },
  }
}

/** One of some values, sorted in the order in which they are given. */
export function choice<const C extends string>(
  what: string,
  values: readonly C[],
  example: NoInfer<C>,
): Member<C, 'required'> {
  const schema = (description: string) =>
    Type.Unsafe<C>({ type: 'string', enum: values, description, examples: [example] })
  return {
    ...required,
    shown: schema(what),
    create: schema(what),
    change: schema(what),
    example: same(example),
    column: (kit, name) => kit.text(name),
    keys: {
      columns: (member) => [`${member}_rank`],
      build: (kit, column) => kit.integer(column).notNull().default(values.indexOf(example)),
      of: (held) => [values.indexOf(held)],
    },
    filter: { kind: 'text', schema, equals: equalsOwn },
    cell: { kind: 'text' },
  }
}

/** A moment that is sent with any offset (RFC 3339). */
export function moment(what: About, example: string): Member<Date, 'required'> {
  const { shown, sent } = about(what)
  const schema = Type.String({ format: 'date-time', description: sent, examples: [example] })
  const key = (member: string) => member.replace(/_at$/, '')
  return {
    ...stamp(shown),
    need: 'required',
    create: schema,
    change: schema,
    example: { sent: example, shown: new Date(example).toISOString() },
    keys: {
      columns: (member) => [`${key(member)}_ascending`, `${key(member)}_descending`],
      build: (kit, column, direction) =>
        direction === 0 ? kit.lastMoment(column) : kit.firstMoment(column),
      of: sortMoment,
    },
    read: (given: string, name) => readMoment(given, name),
  }
}

/** A moment that the server says. */
export function stamp(what: string): Member<Date, 'never'> {
  return {
    need: 'never',
    nullable: false,
    shown: fields.timestamp(what),
    example: same('2026-11-20T16:33:06.902Z'),
    column: (kit, name) => kit.moment(name),
    filter: {
      kind: 'moment',
      schema: fields.moment,
      from: ({ own }, given) => gte(own, given(own)),
      until: ({ own }, given) => lt(own, given(own)),
    },
    present: (held) => held.toISOString(),
    cell: { kind: 'text' },
  }
}

/** A year, -3000 to 9999. `key` names the columns that it is sorted by. */
export function year(what: string, example: number, key: string): Member<number, 'required'> {
  const schema = (description: string) =>
    Type.Integer({ minimum: -3000, maximum: 9999, description, examples: [example] })
  /** Both keys, so that the index of either direction leads to no more than these; what has no year lies outside. */
  const within = ([ascending, descending]: readonly PgColumn[], from: SQL, to: SQL) =>
    // Not `between`: SQLite would go by it, and not by where the page begins.
    sql`${ascending} >= ${from} and ${ascending} <= ${to} and ${descending} >= ${from} and ${descending} <= ${to}`
  return {
    ...required,
    shown: schema(what),
    create: schema(what),
    change: schema(what),
    example: same(example),
    column: (kit, name) => kit.integer(name),
    keys: {
      columns: () => [`${key}_ascending`, `${key}_descending`],
      build: (kit, column, direction) =>
        kit
          .integer(column)
          .notNull()
          .default(direction === 0 ? NO_YEAR : -NO_YEAR),
      of: sortYear,
    },
    filter: {
      kind: 'integer',
      schema,
      from: ({ own, keys }, given) => within(keys, given(own), sql.raw(`${NO_YEAR - 1}`)),
      until: ({ own, keys }, given) => within(keys, sql.raw(`${1 - NO_YEAR}`), given(own)),
    },
    cell: { kind: 'integer' },
  }
}

/** Nine digits and a check digit, or 978 or 979 and ten; whether the check digit is right no pattern can say. */
const ISBN = '^[ -]*(?:(?:[0-9][ -]*){9}[0-9Xx]|9[ -]*7[ -]*[89][ -]*(?:[0-9][ -]*){9}[0-9])[ -]*$'

/** An ISBN of either length, hyphens and spaces allowed; kept as 13 digits. */
export function isbn(
  what: { shown: string; sent: string },
  example: string,
): Member<string, 'required'> {
  const schema = (description: string) =>
    Type.String({
      maxLength: ISBN_LENGTH[1],
      pattern: '^[0-9Xx -]+$',
      description,
      examples: [example],
      ...fields.stated({ pattern: ISBN }),
    })
  const shown = toIsbn13(example)
  const detail = 'must be an ISBN of 10 or 13 digits'
  return {
    ...required,
    shown: Type.String({
      pattern: '^97[89][0-9]{10}$',
      description: what.shown,
      examples: [shown],
    }),
    create: schema(what.sent),
    change: schema(what.sent),
    example: { sent: example, shown },
    column: (kit, name) => kit.text(name),
    filter: {
      kind: 'text',
      schema,
      equals: equalsOwn,
      normalise(given, path) {
        const found = toIsbn13(given)
        if (found !== undefined) return found
        const fault = {
          in: 'query',
          path,
          code: 'invalid_isbn',
          detail: `${path} ${detail}`,
        } as const
        throw new ValidationFailed([fault])
      },
    },
    rule: {
      length: ISBN_LENGTH,
      judge: (given) => toIsbn13(given) ?? { code: 'invalid_isbn', detail },
    },
    cell: { kind: 'text' },
    most: ISBN_LENGTH[1],
  }
}

/** The same, or null: which it is unless given. */
export function optional<V, N extends Need>(
  member: Member<V, N>,
): Member<V | null, N extends 'never' ? N : 'optional'> {
  const { shown, create, change, keys, need, present } = member
  const orNull = (schema: TSchema) => Nullable(schema as TSchema & { type: string })
  // The cast: what each part takes, it takes but for null, which the engine hands to none of them.
  return {
    ...member,
    need: need === 'never' ? need : 'optional',
    nullable: true,
    otherwise: null,
    shown: orNull(shown),
    ...(create && { create: orNull(create) }),
    ...(change && { change: orNull(change) }),
    present,
    // One key holds no place for what is not there.
    keys: keys && keys.columns('').length === 2 ? keys : undefined,
  } as never
}

/** The same, which need not be given: then it is `value`. */
export function defaulted<V>(
  member: Member<V, 'required'>,
  value: NoInfer<V>,
): Member<V, 'optional'> {
  const { create } = member
  const said = create?.['description' as never] as string | undefined
  const told =
    typeof value === 'string' ? `${said?.replace(/\.$/, '')}, \`${value}\` unless given.` : said
  return {
    ...member,
    need: 'optional',
    otherwise: value,
    create: { ...create, description: told },
    // The cast: the builder is that of the value.
    column: (kit, name) => member.column(kit, name).default(value as never),
  }
}
