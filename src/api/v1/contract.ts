import type { Version } from '../plugins/openapi.ts'
import { apiKeyScheme, bearerScheme, type Header, header } from '../plugins/openapi-parts.ts'
import * as books from './schemas/books.ts'
import { commonRefusals, ErrorBody } from './schemas/errors.ts'
import * as posts from './schemas/posts.ts'
import * as sessions from './schemas/sessions.ts'
import * as todos from './schemas/todos.ts'
import * as users from './schemas/users.ts'

/** When v1 became deprecated, and when it ends; the frame sends the headers. */
export interface Ageing {
  v1DeprecatedAt?: Date | undefined
  v1SunsetAt?: Date | undefined
}

/** What the documents of v1 say beside its routes. */
export const contract = (ageing: Ageing): Version => ({
  number: 1,
  release: '1.0.0',
  description: `The plain contract of Commonplace: accounts, posts, to-dos and books.

Register with \`POST /users\`, log in with \`POST /login\`, and send the access token as \`Authorization: Bearer …\`. When it has
expired, \`POST /refresh\` with the refresh token gives a new one. \`POST /logout\` ends the session at once.

Bodies are JSON in UTF-8 and closed: an unknown member or query parameter is refused by name. Every refusal is
\`{"error", "message"}\`.`,
  tags: [
    { name: 'Books', description: 'A catalogue that all users share.' },
    { name: 'Me', description: 'The caller.' },
    { name: 'Posts', description: 'What users publish. Everyone may read them.' },
    { name: 'Sessions', description: 'Log in, stay logged in, log out.' },
    { name: 'Todos', description: 'What nobody but their owner can see.' },
    { name: 'Users', description: 'Accounts and public profiles.' },
  ],
  components: [
    users.User,
    users.UserList,
    users.Account,
    users.UserCreate,
    users.UserUpdate,
    sessions.Login,
    sessions.TokenPair,
    sessions.AccessToken,
    sessions.Refresh,
    sessions.Message,
    sessions.Identity,
    posts.Post,
    posts.PostList,
    posts.PostCreate,
    posts.PostUpdate,
    todos.Todo,
    todos.TodoList,
    todos.TodoCreate,
    todos.TodoUpdate,
    todos.TodoIds,
    todos.TodosDeleted,
    books.Book,
    books.BookList,
    books.BookCreate,
    books.BookUpdate,
    ErrorBody,
  ],
  securitySchemes: {
    ...bearerScheme(
      'The access token of a session. To refresh and to log out, its refresh token is sent the same way.',
    ),
    ...apiKeyScheme,
  },
  headers: ageingHeaders(ageing),
  always: Object.keys(ageingHeaders(ageing)),
  error: ErrorBody,
  responses: (route) => ({ ...commonRefusals(route), ...Object(route.schema?.response) }),
})

/** Once a date is set, every reply has these fields, so the documents promise them. */
function ageingHeaders({ v1DeprecatedAt, v1SunsetAt }: Ageing): Record<string, Header> {
  if (!v1DeprecatedAt && !v1SunsetAt) return {}
  return {
    ...(v1DeprecatedAt && {
      Deprecation: header(true, 'Since when v1 is deprecated (RFC 9745).', '@1767225600'),
    }),
    ...(v1SunsetAt && {
      Sunset: header(true, 'When v1 ends (RFC 8594).', 'Fri, 01 Jan 2027 00:00:00 GMT'),
    }),
    Link: header(
      true,
      'What succeeds v1, and the other pages of a list (RFC 8288).',
      '</api/v2>; rel="successor-version"',
    ),
  }
}
