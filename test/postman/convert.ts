import { convertV2 } from 'openapi-to-postmanv2'

/** As much of a collection (format 2.1) as is looked at. */
export interface Request {
  name: string
  description?: { content: string }
  method: string
  url: {
    host: string[]
    path: string[]
    variable: Array<{ key: string; value: string }>
  }
  auth: null | object
  header: Array<{ key: string; value: string; disabled?: boolean }>
  body?: Body
}
export interface Body {
  mode?: string
  raw?: string
  urlencoded?: Array<{ key: string; value: string }>
}
export interface Response {
  id: string
  name: string
  code: number
  originalRequest: Request
  header: Array<{ key: string; disabled?: boolean }>
}
export interface Item {
  id: string
  name: string
  request: Request
  response: Response[]
  event: Event[]
  protocolProfileBehavior?: object
}
export interface Event {
  listen: 'prerequest' | 'test'
  script: { type: 'text/javascript'; exec: string[] }
}
interface Converted {
  item: Array<{ item: Item[] }>
}

const OPTIONS = {
  folderStrategy: 'Tags',
  parametersResolution: 'Example',
  requestNameSource: 'Fallback',
  // They are there to be switched on.
  enableOptionalParameters: false,
  includeAuthInfoInExample: false,
  indentCharacter: 'Space',
} as const

/** Each request of a document with its examples, as `GET /posts/{id}`. */
export async function convert(document: string): Promise<Map<string, Item>> {
  const { item: folders } = await new Promise<Converted>((resolve, reject) => {
    convertV2(
      { type: 'string', data: withExample(document) },
      OPTIONS,
      (error, { reason, output } = { result: false }) => {
        const [made] = output ?? []
        if (made) resolve(made.data as Converted)
        else reject(error ?? new Error(reason))
      },
    )
  })
  return new Map(
    folders
      .flatMap(({ item }) => item)
      .map((item) => {
        const path = item.request.url.path.join('/').replaceAll(/:(\w+)/g, '{$1}')
        return [`${item.request.method} /${path}`, item]
      }),
  )
}

/** The converter knows `example` alone, and invents a text for what has a pattern and none: another one each time. */
const withExample = (document: string) =>
  JSON.stringify(
    JSON.parse(document, (_key, value: unknown) =>
      hasExamples(value) ? { ...value, example: value.examples[0] } : value,
    ),
  )
const hasExamples = (value: unknown): value is { examples: unknown[] } =>
  typeof value === 'object' &&
  value !== null &&
  'examples' in value &&
  Array.isArray(value.examples)
