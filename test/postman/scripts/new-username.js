// Every run is by somebody new, unless username is set: then it is by them, and nobody is registered.
const username = pm.variables.get('username')
if (username && username !== pm.environment.get('registered')) {
  console.log(`Register: skipped, username is set to ${username}`)
  pm.execution.skipRequest()
}
const random = Math.random().toString(36).slice(2, 8)
pm.collectionVariables.set('newUsername', `reader-${Date.now().toString(36)}-${random}`)
