// Something to delete.
const token = pm.environment.get('accessToken')
pm.collectionVariables.unset('spareTodoId')
send('POST', '/api/v1/todos', { token, body: { title: 'Buy seeds' } }, (error, reply) => {
  if (!error && reply.code === 201) pm.collectionVariables.set('spareTodoId', reply.json().id)
})
