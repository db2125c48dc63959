import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type TSchema } from '../../base/schema.ts'
import { ValidationFailed, type Violation } from '../../base/errors.ts'
import { momentOf, noMoment } from '../../base/moments.ts'
import {
  DEFAULT_LIMIT,
  DEFAULT_SORT,
  type Described,
  type Filters,
  type Kinds,
  MAX_LIMIT,
  type Page,
  type Query,
  RELEVANCE,
  type Sort,
  type Window,
} from '../../domain/lists/declaration.ts'
import { LONGEST_QUERY } from '../../domain/search/terms.ts'
import { closed, stated } from '../../base/fields.ts'
import { NEXT_CURSOR, presentPage } from './schemas/pages.ts'

/** The query of every list. No `default`: Ajv would fill it in, the document would promise it twice. */
export const window = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      description: `The size of a page, ${DEFAULT_LIMIT} unless given. It may change from page to page.`,
      examples: [DEFAULT_LIMIT],
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      description:
        'A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.',
      examples: [NEXT_CURSOR],
      ...stated({ pattern: '^[A-Za-z0-9_-]+$' }),
    }),
  ),
}

type OnWire = { [K in keyof Kinds]: Kinds[K] extends Date ? string : Kinds[K] }
type Given<D extends Described> = {
  [F in keyof D['filters']]?: OnWire[D['filters'][F]['kind']]
}
type ListQuery<D extends Described, M> = Given<D> &
  Window & { sort?: Sort<D>; q?: string; total?: boolean; fields?: M[] }

const SORT = `The order, \`${DEFAULT_SORT}\` unless given. Records that are equal in it are in the order of their ids.`
const BY_RELEVANCE = ` \`${RELEVANCE}\`, for searches alone, ranks the newest 1,000 hits, the best first; how they rank may change from page to page.`
const WORDS =
  'whole words and, where they have two characters and more, the words that begin so; words in double quotes follow each other. Accents and case make no difference, Chinese and Japanese are found by two adjacent characters, and no character has another meaning. What has no word in it finds nothing.'

/** The query string of a declared list: flat and closed. `members` are what its records have, `searched` is what `q` searches. */
export function querystring<D extends Described, M extends string>(
  { sorts }: D,
  members: Record<M, unknown>,
  filters: { [F in keyof D['filters']]: TSchema },
  searched?: { in: string; examples: string[] },
) {
  const sort = Object.keys(sorts).flatMap((field) => [`${field}:asc`, `${field}:desc`])
  if (searched) sort.push(RELEVANCE)
  const fields = Object.keys(members)
  const schema = Type.Object(
    {
      ...window,
      sort: Type.Optional(
        Type.Unsafe<string>({
          type: 'string',
          enum: sort,
          description: searched ? SORT + BY_RELEVANCE : SORT,
          examples: [DEFAULT_SORT],
        }),
      ),
      ...(searched && {
        q: Type.Optional(
          Type.String({
            maxLength: LONGEST_QUERY,
            description: `Only those in whose ${searched.in} all of these are found, at most 20: ${WORDS}`,
            examples: searched.examples,
          }),
        ),
      }),
      total: Type.Optional(
        Type.Boolean({
          description: 'Whether to count the records of all pages, as `total` of `page`.',
          examples: [true],
        }),
      ),
      fields: Type.Optional(
        Type.Array(Type.Unsafe<M>({ type: 'string', enum: fields }), {
          minItems: 1,
          uniqueItems: true,
          description:
            'The members that each record shall have, comma-separated; all unless given.',
          examples: [fields.slice(0, 2)],
        }),
      ),
      ...Object.fromEntries(
        Object.entries<TSchema>(filters).map(([name, filter]) => [name, Type.Optional(filter)]),
      ),
    },
    closed,
  )
  return Type.Unsafe<ListQuery<D, M>>(schema)
}

/** What a query means to the domain. @throws ValidationFailed for a time that no database holds. */
export function readQuery<D extends Described>(
  { filters }: D,
  query: ListQuery<D, unknown>,
): Query<D> {
  const { limit, cursor, sort, q, total } = query
  const violations: Violation[] = []
  const given = Object.entries(query).filter(([name]) => Object.hasOwn(filters, name))
  const read = given.map(([name, value]) => {
    if (filters[name]?.kind !== 'moment') return [name, value]
    const at = momentOf(String(value))
    if (!at) violations.push(noMoment('query', name))
    return [name, at]
  })
  if (violations.length > 0) throw new ValidationFailed(violations)
  // The cast: the schema was made from the declaration, which is what the type says.
  return {
    limit,
    cursor,
    sort,
    q,
    total,
    filters: Object.fromEntries(read) as Filters<D>,
  }
}

/** The reply, with links to the other pages (`Link`, RFC 8288). */
export function sendPage<R, M>(
  request: FastifyRequest,
  reply: FastifyReply,
  page: Page<R>,
  present: (record: R) => M,
) {
  reply.header('link', links(request, page))
  return { data: page.records.map(present), page: presentPage(page) }
}

/** Presents no more of a record than the members that were asked for. */
export function trimmed<R, M extends object>(
  { fields }: { fields?: string[] },
  present: (record: R) => M,
): (record: R) => Partial<M> {
  if (!fields) return present
  const wanted = new Set(fields)
  return (record) => {
    const members = Object.entries(present(record)).filter(([member]) => wanted.has(member))
    return Object.fromEntries(members) as Partial<M>
  }
}

function links({ query, routeOptions }: FastifyRequest, { next, prev }: Page<unknown>) {
  const { cursor: _, ...others } = { cursor: undefined, ...Object(query) }
  const asked = new URLSearchParams()
  for (const [name, value] of Object.entries(others)) asked.set(name, String(value))
  const rest = asked.size > 0 ? [asked.toString()] : []
  const link = (rel: string, cursor?: string) => {
    // Base64url needs no escaping.
    const parameters = cursor === undefined ? rest : [...rest, `cursor=${cursor}`]
    const text = parameters.length > 0 ? `?${parameters.join('&')}` : ''
    return `<${routeOptions.url}${text}>; rel="${rel}"`
  }
  return [
    link('first'),
    ...(prev === undefined ? [] : [link('prev', prev)]),
    ...(next === undefined ? [] : [link('next', next)]),
  ].join(', ')
}
