// Something to delete.
pm.sendRequest(
  {
    url: `${pm.environment.get('baseUrl')}/api/v1/todos`,
    method: 'POST',
    header: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${pm.environment.get('accessToken')}`,
    },
    body: { mode: 'raw', raw: JSON.stringify({ title: 'Buy seeds' }) },
  },
  (error, reply) => {
    if (!error) pm.collectionVariables.set('spareTodoId', reply.json().id)
  },
)
