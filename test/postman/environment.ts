/** What people set, and what the scripts keep. */
export const environment = {
  id: '5c1c7a5e-0000-4000-8000-000000000001',
  name: 'Commonplace on this machine',
  values: [
    value('baseUrl', 'http://localhost:3000'),
    value('username', ''),
    value('password', 'a quiet place to write', 'secret'),
    value('newPassword', 'a quieter place to write', 'secret'),
    value('registered', ''),
    value('accessToken', '', 'secret'),
    value('refreshToken', '', 'secret'),
    value('accessTokenExpires', ''),
    value('streams', 'false'),
  ],
  _postman_variable_scope: 'environment',
}

function value(key: string, content: string, type: 'default' | 'secret' = 'default') {
  return { key, value: content, type, enabled: true }
}
