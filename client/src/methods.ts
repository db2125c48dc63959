import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch'
import type { HttpMethod, MediaType, PathsWithMethod } from 'openapi-typescript-helpers'
import type { components, paths } from './schema.ts'

type Schemas = components['schemas']

/** `if-none-match` is answered without a body when nothing has changed. */
type Unchanged<Init> = Init extends { params: { header: { 'if-none-match': string } } }
  ? undefined
  : never

type Reply<Operation, Init> = FetchResponse<
  Extract<Operation, Record<string | number, unknown>>,
  Init,
  MediaType
>
type Body<R> = R extends { data: infer Data } ? Data : never

/** What a request came back with: the body, and the reply that it was in. */
export interface Result<Operation, Init> {
  data: Body<Reply<Operation, Init>> | Unchanged<Init>
  response: Response
}

/** As of openapi-fetch, but for refusals, which are thrown. */
export type Method<M extends HttpMethod> = <
  Path extends PathsWithMethod<paths, M>,
  Init extends MaybeOptionalInit<paths[Path], M>,
>(
  path: Path,
  ...init: undefined extends Init ? [init?: Init] : [init: Init]
) => Promise<Result<paths[Path][M], Init>>

/** A password, or the code with which a sign-in through a provider came back. */
export type LoginOptions =
  | Omit<Schemas['Login'], 'transport'>
  | (Omit<Schemas['ProviderLogin'], 'transport'> & { provider: string })
