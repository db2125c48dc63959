// The run is by them from now on. What changes or removes an account is done to no other.
const { username } = pm.response.json()
pm.environment.set('username', username)
pm.environment.set('registered', username)
