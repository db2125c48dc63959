import type { components, paths } from './schema.ts'

type Schemas = components['schemas']
type Listed<Path extends keyof paths> = paths[Path] extends {
  get: {
    responses: {
      200: { content: { 'application/json': { data: Array<infer Found>; page: Schemas['Page'] } } }
    }
  }
}
  ? Found
  : never

/** What answers pages. */
export type ListPath = {
  [Path in keyof paths]: [Listed<Path>] extends [never] ? never : Path
}[keyof paths]

type QueryOf<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Query } }
}
  ? Unwritten<NonNullable<Query>>
  : never
/** With arrays that are only read, `fields` is known by its words. */
type Unwritten<Query> = {
  [Name in keyof Query]: NonNullable<Query[Name]> extends Array<infer Word>
    ? readonly Word[]
    : Query[Name]
}

/** The name of what a list holds: members tell `ListedPost` from the others, for all are optional. */
type NameOf<Found> = {
  [Name in keyof Schemas]: `Listed${Name}` extends keyof Schemas
    ? SameNames<keyof Schemas[`Listed${Name}`], keyof Found> extends true
      ? Name
      : never
    : never
}[keyof Schemas]
type SameNames<A, B> = [A, B] extends [B, A] ? true : false
/** In a list every member is optional, since `fields` may trim it. Without `fields` a record is a whole one. */
type Whole<Found> = [NameOf<Found>] extends [never] ? Found : Schemas[NameOf<Found>]

export interface AllOptions<Query> {
  /** Filters, order and search; `limit` is the size of a page, 100 unless given. */
  query?: Query
  signal?: AbortSignal | undefined
}

/** A record as `client.all` gives it: with the members that `fields` names, or with all. */
export type Item<Path extends ListPath, Query> = Query extends {
  fields: ReadonlyArray<infer Field>
}
  ? Pick<Whole<Listed<Path>>, Field & keyof Whole<Listed<Path>>>
  : Whole<Listed<Path>>

export type All = <
  Path extends ListPath,
  const Query extends QueryOf<Path> = QueryOf<Path> & { fields?: never },
>(
  path: Path,
  options?: AllOptions<Query>,
) => AsyncGenerator<Item<Path, Query>, void>

interface Page {
  data: unknown[]
  page: { next_cursor: string | null }
}

/** Reads page after page as they are asked for. */
export async function* follow(
  read: (cursor: object) => Promise<Page>,
): AsyncGenerator<unknown, void> {
  for (let cursor = {}; ;) {
    const { data, page } = await read(cursor)
    yield* data
    if (page.next_cursor === null) return
    cursor = { cursor: page.next_cursor }
  }
}
