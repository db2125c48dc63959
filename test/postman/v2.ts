import { BEGIN, END, type Folder, type Step } from './step.ts'

const PASSWORD = { password: '{{password}}' }
const MAIL = {
  expect: [202, 503],
  because: 'where no mail server is set up, it is refused with 503',
}
const MAILED = { expect: [422], because: 'its token comes by mail' }
const ADMINS = { expect: [403], because: 'it is for admins' }
const PROVIDED = { path: 'example', expect: [404], because: 'it needs a provider that is set up' }

/** Those of posts, to-dos and books that are alike. */
function records(one: string, value: object, more: { files: Step[] }): Step[] {
  const name = one.toLowerCase()
  const path = `{{${name}Id}}`
  const operations = [{ op: 'create', value }]
  return [
    { id: `create${one}`, body: value, keep: { [`${name}Id`]: 'id' } },
    { id: `list${one}s` },
    { id: `get${one}`, path },
    { id: `update${one}`, path },
    { id: `bulk${one}s`, body: { operations }, registered: true },
    ...more.files,
    { id: `export${one}s` },
    { id: `delete${one}`, path },
  ]
}

/** The order in which the requests of v2 make sense. */
export const V2: readonly Folder[] = [
  {
    name: BEGIN,
    steps: [
      {
        id: 'register',
        body: { username: '{{newUsername}}', ...PASSWORD },
        before: ['new-username.js'],
        after: 'registered.js',
      },
      { id: 'login', body: { identifier: '{{username}}', ...PASSWORD } },
    ],
  },
  { name: 'Meta', steps: [{ id: 'listOperations' }] },
  {
    name: 'Authentication',
    steps: [
      { id: 'refresh', body: { refresh_token: '{{refreshToken}}' } },
      { id: 'getCsrfToken' },
      { id: 'reauthenticate', body: PASSWORD },
      { id: 'introspectToken', form: { token: '{{accessToken}}' } },
      {
        id: 'changePassword',
        registered: true,
        body: { current_password: '{{password}}', new_password: '{{newPassword}}' },
        after: 'swap-passwords.js',
      },
      { id: 'forgotPassword', body: { email: 'nobody@example.invalid' }, ...MAIL },
      { id: 'resetPassword', ...MAILED },
      { id: 'resendEmail', registered: true, ...MAIL },
      { id: 'verifyEmail', ...MAILED },
      // One that is none: what a run needs stays good.
      { id: 'revokeToken', form: { token: 'no-token' } },
    ],
  },
  {
    name: 'Sessions',
    steps: [
      { id: 'listSessions' },
      { id: 'deleteSession', path: '{{sessionId}}', before: ['send.js', 'other-session.js'] },
    ],
  },
  {
    name: 'Me',
    steps: [
      { id: 'getMe' },
      { id: 'updateMe', registered: true, body: { phone: '+4915112345678' } },
      { id: 'listActivity' },
      { id: 'createExport', keep: { exportUrl: 'url' }, after: 'export-token.js' },
      { id: 'getExport', path: '{{exportToken}}' },
    ],
  },
  {
    name: 'Users',
    steps: [
      { id: 'listUsers' },
      { id: 'createUser', registered: true, ...ADMINS },
      { id: 'getUser', path: '{{userId}}' },
      { id: 'updateUser', path: '{{userId}}', registered: true, ...ADMINS },
      { id: 'deleteUserTotp', path: '{{userId}}', registered: true, ...ADMINS },
      { id: 'deleteUser', path: '{{userId}}', registered: true, ...ADMINS },
      { id: 'listInvitations', ...ADMINS },
      { id: 'createInvitation', registered: true, ...ADMINS },
      { id: 'deleteInvitation', path: '1', registered: true, ...ADMINS },
    ],
  },
  {
    name: 'Posts',
    steps: records('Post', { title: 'Hello', content: 'The first entry.' }, { files: [] }),
  },
  {
    name: 'Todos',
    steps: records(
      'Todo',
      { title: 'Water the plants' },
      { files: [{ id: 'importTodos', registered: true, expect: [201] }] },
    ),
  },
  {
    name: 'Books',
    steps: records(
      'Book',
      { title: 'Walden', author: 'Henry David Thoreau' },
      { files: [{ id: 'importBooks', registered: true, expect: [201] }] },
    ),
  },
  {
    name: 'Events',
    steps: [
      {
        id: 'streamEvents',
        before: ['stream.js'],
        because: 'it never ends, so it is left out unless the variable `streams` is `true`',
      },
    ],
  },
  {
    name: 'API keys',
    steps: [
      {
        id: 'createApiKey',
        body: { name: 'Nightly export', scopes: ['todos:read'] },
        keep: { apiKeyId: 'id' },
      },
      { id: 'listApiKeys' },
      { id: 'deleteApiKey', path: '{{apiKeyId}}' },
    ],
  },
  {
    name: 'Second factor',
    steps: [
      { id: 'beginTotp', registered: true, keep: { totpSecret: 'secret' } },
      {
        id: 'confirmTotp',
        registered: true,
        body: { otp: '{{otp}}' },
        before: ['one-time-password.js'],
      },
      { id: 'renewRecoveryCodes', registered: true },
      { id: 'deleteTotp', registered: true },
    ],
  },
  {
    name: 'Providers',
    steps: [
      { id: 'listProviders' },
      { id: 'startSignIn', ...PROVIDED },
      { id: 'finishSignIn', ...PROVIDED },
      { id: 'loginByProvider', ...PROVIDED },
      { id: 'linkIdentity', expect: [422], because: 'its code comes from a provider' },
      { id: 'listIdentities' },
      {
        id: 'getIdentity',
        registered: true,
        path: '1',
        expect: [404],
        because: 'there is none without a provider',
      },
      {
        id: 'deleteIdentity',
        registered: true,
        path: '1',
        expect: [404],
        because: 'there is none without a provider',
      },
    ],
  },
  { name: 'Audit', steps: [{ id: 'listAuditEvents', ...ADMINS, expect: [200, 403] }] },
  {
    name: END,
    steps: [
      { id: 'logout', body: { scope: 'this' }, after: 'forget-tokens.js' },
      { id: 'deleteMe', registered: true, after: 'forget-account.js' },
    ],
  },
]
