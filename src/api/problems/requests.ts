import {
  CursorMismatch,
  HeadersTooLarge,
  MalformedRequest,
  MethodNotAllowed,
  PayloadTooLarge,
  RequestTimeout,
  RouteNotFound,
  UnsupportedMediaType,
  UriTooLong,
  ValidationFailed,
} from '../../base/errors.ts'
import type { Entry } from './entry.ts'

export const requests: Entry[] = [
  {
    error: new MalformedRequest('The body is not valid JSON'),
    instance: '/api/v2/todos',
    cause:
      'The request cannot be read: its body is empty, not JSON or not UTF-8, its path is not a valid URL, or it is not ' +
      'correct HTTP. `detail` says which. A body with a member called `__proto__` counts as not valid JSON too.',
    remedy:
      'Let a library write the JSON, in UTF-8, and let the HTTP client set `Content-Length`. Encode what goes into a ' +
      'path (`encodeURIComponent`). The same bytes will be refused again.',
  },
  {
    error: new ValidationFailed([
      {
        in: 'body',
        path: '/title',
        code: 'too_long',
        detail: 'title must have at most 200 characters',
      },
      {
        in: 'query',
        path: 'colour',
        code: 'unknown_parameter',
        detail: '"colour" is not a parameter of this path',
      },
    ]),
    instance: '/api/v2/todos',
    cause:
      'The request can be read, and something in its body, query, path or headers is not acceptable. `errors` lists what ' +
      'is wrong, all of it at once (of very many violations the first 50).',
    remedy:
      'Correct what `errors` names. `pointer` is the place in the body (a JSON Pointer, RFC 6901); elsewhere `in` and ' +
      '`parameter` name it. Let the program act on the `code` of each violation, and show `detail` to people.',
  },
  {
    error: new CursorMismatch(),
    instance: '/api/v2/posts',
    cause:
      'The cursor was made for another list, sort, filter or user than this one, or it was altered on its way.',
    remedy:
      'Begin again without a cursor. From page to page follow the `next` of `Link`, or send `next_cursor` as it is with ' +
      'the same sort and filters.',
  },
  {
    error: new RouteNotFound(),
    instance: '/api/v2/todo',
    cause: 'There is nothing at this path, whatever the method.',
    remedy:
      'Compare the path with the documents: it begins with `/api/v2` (or `/api/v1`), distinguishes upper and lower case, ' +
      'and does not end in a slash. A record that is absent is another problem: `not_found`.',
  },
  {
    error: new MethodNotAllowed('DELETE, GET, HEAD, OPTIONS, PATCH'),
    instance: '/api/v2/todos/42',
    headers: ['Allow'],
    cause: 'The path exists, and does not answer this method.',
    remedy: 'Use one of the methods that `Allow` lists. In v2 a record is changed with PATCH.',
  },
  {
    error: new UnsupportedMediaType(),
    instance: '/api/v2/todos',
    cause:
      'The body came without a `Content-Type`, with one that this path does not read, or in another charset than UTF-8; or ' +
      'a body is needed and none came.',
    remedy:
      'Send `Content-Type: application/json` with a JSON body. The documents list the types that an operation reads ' +
      'beside it.',
  },
  {
    error: new PayloadTooLarge(),
    instance: '/api/v2/posts',
    cause:
      'The body is larger than this path accepts: 256 KiB, unless the documents say otherwise. An imported file may be too large or have ' +
      'too many rows; `detail` says which.',
    remedy: 'Send less at once, in several requests. The same body will be refused again.',
  },
  {
    error: new UriTooLong(),
    instance: `/api/v2/todos/${'7'.repeat(101)}`,
    cause: 'A part of the path, between two slashes, is longer than 100 characters.',
    remedy: 'Look at what the program put into the path. Searches and filters belong in the query.',
  },
  {
    error: new HeadersTooLarge(),
    instance: '/api/v2/todos',
    cause: 'The first line of the request, its query included, and its headers exceed 16 KiB.',
    remedy: 'Send fewer or shorter headers, cookies above all, and a shorter query.',
  },
  {
    error: new RequestTimeout(),
    instance: '/api/v2/posts',
    cause:
      'The headers or the body arrived too slowly. The server has closed the connection and done nothing.',
    remedy: 'Send the request again on a new connection. On a slow line, send smaller bodies.',
  },
]
