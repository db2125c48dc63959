// Another session, as from another device: it is the one that ends.
const identifier = pm.variables.get('username')
const password = pm.variables.get('password')
pm.collectionVariables.unset('sessionId')
send('POST', '/api/v2/auth/login', { body: { identifier, password } }, (error, reply) => {
  if (!error && reply.code === 200) pm.collectionVariables.set('sessionId', reply.json().session_id)
})
