// Another session, as from another device: it is the one that ends.
pm.sendRequest(
  {
    url: `${pm.environment.get('baseUrl')}/api/v2/auth/login`,
    method: 'POST',
    header: { 'Content-Type': 'application/json' },
    body: {
      mode: 'raw',
      raw: JSON.stringify({
        identifier: pm.environment.get('username'),
        password: pm.environment.get('password'),
      }),
    },
  },
  (error, reply) => {
    if (!error) pm.collectionVariables.set('sessionId', reply.json().session_id)
  },
)
