import type { Send, Started } from '../helper.ts'
import { addEmail, enableTotp, keyOf, linkFor, linkIdentity, offerTotp } from './credentials.ts'
import type { Client } from './refusals.ts'
import { claimsOf } from './v1/forge.ts'

/** Whom a request is about, and who sends it: nobody, the owner, or somebody else. */
export interface Scene {
  started: Started
  owner: Client
  caller: Client | undefined
}

/** How to make a request of an operation that lacks nothing but leave to do it. */
export interface Recipe {
  /** Makes the record that the request names, and returns its id. */
  record?: (scene: Scene) => Promise<number | string>
  /** An id that no record has. */
  absent?: number | string
  body?: (id: number | string, scene: Scene) => object | string
  /** What it is sent with beside a token. */
  headers?: Record<string, string>
  query?: Record<string, string>
  /** Takes parameters that it does not know, too. */
  isOpen?: true
  /** A value for each parameter that not everyone may send, and for each member that needs a fresh session. */
  restricted?: Record<string, string>
  fresh?: Record<string, unknown>
  /** What comes of it when whoever calls is let in, and what they send is still refused. */
  beyond?: string
  /** How a token is sent, when not as Bearer. */
  carry?: (token: string) => Send
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const PASSWORD = 'a lantern in the attic'
const LARGEST = 2147483647
let names = 0
/** A username that nobody has. */
export const newName = () => `newcomer-${++names}`

const post = { title: 'On reading', content: 'Copy it.' }
const book = { title: 'Walden', author: 'Thoreau' }
const todo = { title: 'Water the plants' }

const recordOf =
  (resource: string, body: object) =>
  async ({ owner }: Scene) =>
    Number((await owner.post(`/api/v1/${resource}`, body)).body.id)
const ofPosts = { record: recordOf('posts', post), absent: LARGEST }
const ofBooks = { record: recordOf('books', book), absent: LARGEST }
const ofTodos = { record: recordOf('todos', todo), absent: LARGEST }
/** Below /users the record is the account. */
const ofUsers = { record: async ({ owner }: Scene) => owner.id, absent: LARGEST }
const withTotp = async ({ started, owner, caller = owner }: Scene) => {
  await enableTotp(started, caller)
  return ''
}
const registration = () => ({ username: newName(), password: PASSWORD })
/** The account that everyone logs in to who must be let in. */
export const OPEN_ACCOUNT = { username: 'open', password: PASSWORD }

/** An identity of whoever calls. */
const identityOf = ({ started, owner, caller = owner }: Scene) =>
  linkIdentity(started, caller, newName())

/** Each operation of both versions. One that is missing here fails the tests that walk through all. */
export const RECIPES: Record<string, Recipe> = {
  'v1 login': { body: () => OPEN_ACCOUNT },
  'v1 refresh': {},
  'v1 logout': {},
  'v1 endSession': {},
  'v1 getMe': {},
  'v1 getProtected': {},
  'v1 getPartiallyProtected': {},
  'v1 registerUser': { body: registration },
  'v1 listUsers': {},
  'v1 getUser': ofUsers,
  'v1 updateUser': {
    ...ofUsers,
    body: () => ({ phone: '+123' }),
    fresh: { email: 'someone@example.com' },
  },
  'v1 deleteUser': ofUsers,
  'v1 listPosts': {},
  'v1 getPost': ofPosts,
  'v1 createPost': { body: () => post },
  'v1 updatePost': { ...ofPosts, body: () => post },
  'v1 deletePost': ofPosts,
  'v1 listTodos': {},
  'v1 getTodo': ofTodos,
  'v1 createTodo': { body: () => todo },
  'v1 updateTodo': { ...ofTodos, body: () => todo },
  'v1 deleteTodo': ofTodos,
  'v1 deleteTodos': { ...ofTodos, body: (id) => ({ ids: [id] }) },
  'v1 listBooks': {},
  'v1 getBook': ofBooks,
  'v1 createBook': { body: () => book },
  'v1 updateBook': { ...ofBooks, body: () => book },
  'v1 deleteBook': ofBooks,

  'v2 register': { body: registration },
  'v2 login': {
    body: () => ({ identifier: OPEN_ACCOUNT.username, password: OPEN_ACCOUNT.password }),
  },
  'v2 refresh': { carry: (token) => ({ body: { refresh_token: token } }) },
  'v2 getCsrfToken': {},
  'v2 logout': {},
  'v2 reauthenticate': { body: (_id, { owner }) => ({ password: owner.password }) },
  'v2 changePassword': {
    body: (_id, { owner }) => ({ current_password: owner.password, new_password: PASSWORD }),
  },
  'v2 verifyEmail': {
    record: async ({ started }) => linkFor(started, await started.as(newName()), 'email.verify'),
    body: (token) => ({ token }),
  },
  'v2 resendEmail': {
    record: ({ started, owner, caller = owner }) => addEmail(started, caller),
  },
  'v2 forgotPassword': { body: () => ({ email: 'nobody@example.com' }) },
  'v2 resetPassword': {
    record: async ({ started }) => linkFor(started, await started.as(newName()), 'password.reset'),
    body: (token) => ({ token, new_password: PASSWORD }),
  },
  'v2 introspectToken': { body: () => 'token=x', headers: FORM },
  'v2 revokeToken': { body: (_id, { owner }) => `token=${owner.refreshToken}`, headers: FORM },
  'v2 beginTotp': {},
  'v2 confirmTotp': {
    record: ({ started, owner, caller = owner }) => offerTotp(started, caller),
    body: (otp) => ({ otp }),
  },
  'v2 deleteTotp': { record: withTotp },
  'v2 renewRecoveryCodes': { record: withTotp },
  'v2 listApiKeys': {},
  'v2 createApiKey': { body: () => ({ name: 'a key', scopes: ['posts:read'] }) },
  // Nobody is told of the keys of others, either.
  'v2 deleteApiKey': {
    record: async ({ started, owner, caller = owner }) =>
      (await keyOf(started, caller, ['posts:read'])).id,
    absent: LARGEST,
  },
  'v2 listProviders': {},
  // There is no provider, so nobody comes back from one.
  'v2 startSignIn': {
    record: async () => 'example',
    absent: 'example',
    query: { redirect_to: 'http://localhost:3000/', code_challenge: 'x'.repeat(43) },
    beyond: '404 not_found',
  },
  'v2 finishSignIn': {
    isOpen: true,
    record: async () => 'example',
    absent: 'example',
    beyond: '404 not_found',
  },
  'v2 loginByProvider': {
    record: async () => 'example',
    absent: 'example',
    body: () => ({ code: 'x', verifier: 'x'.repeat(43) }),
    beyond: '404 not_found',
  },
  'v2 listIdentities': {},
  'v2 linkIdentity': {
    body: () => ({ code: 'x', verifier: 'x'.repeat(43) }),
    beyond: '422 link_invalid',
  },
  // Nobody is told of the identities of others: everyone asks for one of their own.
  'v2 getIdentity': { record: identityOf, absent: LARGEST },
  'v2 deleteIdentity': { record: identityOf, absent: LARGEST },
  'v2 listSessions': {},
  // Nobody is told of the sessions of others: everyone ends one of their own.
  'v2 deleteSession': {
    record: async ({ started, owner, caller = owner }) => {
      const { accessToken } = await started.login(caller.username, caller.id)
      return String(claimsOf(accessToken)['sid'])
    },
    absent: 'A'.repeat(22),
  },
  'v2 listOperations': {},
  'v2 getMe': {},
  'v2 updateMe': { body: () => ({ phone: '+123' }), fresh: { email: 'a@example.com' } },
  'v2 deleteMe': {},
  'v2 listActivity': {},
  'v2 createExport': {},
  // The token is the leave, whoever has it.
  'v2 getExport': {
    record: async ({ started }) => linkFor(started, await started.as(newName()), 'export'),
    absent: 'A'.repeat(43),
  },
  'v2 listPosts': {},
  'v2 bulkPosts': { body: () => ({ operations: [{ op: 'create', value: post }] }) },
  'v2 getPost': ofPosts,
  'v2 createPost': { body: () => post },
  'v2 updatePost': { ...ofPosts, body: () => post },
  'v2 deletePost': ofPosts,
  'v2 listTodos': {},
  'v2 bulkTodos': { body: () => ({ operations: [{ op: 'create', value: todo }] }) },
  'v2 getTodo': ofTodos,
  'v2 createTodo': { body: () => todo },
  'v2 updateTodo': { ...ofTodos, body: () => todo },
  'v2 deleteTodo': ofTodos,
  'v2 listBooks': {},
  'v2 bulkBooks': { body: () => ({ operations: [{ op: 'create', value: book }] }) },
  'v2 getBook': ofBooks,
  'v2 createBook': { body: () => book },
  'v2 updateBook': { ...ofBooks, body: () => book },
  'v2 deleteBook': ofBooks,
  'v2 exportTodos': {},
  'v2 exportBooks': {},
  'v2 exportPosts': {},
  'v2 importTodos': { body: () => 'title\nx', headers: { 'content-type': 'text/csv' } },
  'v2 importBooks': { body: () => 'title,author\nx,y', headers: { 'content-type': 'text/csv' } },
  'v2 listInvitations': {},
  'v2 createInvitation': { body: () => ({ role: 'moderator' }) },
  'v2 deleteInvitation': {
    record: async ({ started: { backend } }) =>
      (await backend.invitations.create({ role: 'user' })).id,
    absent: LARGEST,
  },
  'v2 listUsers': { restricted: { email: 'someone@example.com', role: 'user', status: 'active' } },
  'v2 getUser': ofUsers,
  'v2 createUser': { body: registration },
  'v2 updateUser': {
    ...ofUsers,
    body: () => ({ status: 'active' }),
    fresh: {
      role: 'user',
      email: 'someone@example.com',
      password: PASSWORD,
      must_change_password: false,
    },
  },
  'v2 deleteUser': ofUsers,
  'v2 deleteUserTotp': {
    ...ofUsers,
    record: async ({ started, owner }) => {
      await enableTotp(started, owner)
      return owner.id
    },
  },
  'v2 listAuditEvents': {},
  // The test takes the beginning of the stream, and hangs up.
  'v2 streamEvents': { headers: { accept: 'text/event-stream' } },
}
