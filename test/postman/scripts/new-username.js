// Every run is by somebody new. To be somebody who is there already, set username and password, and leave this request out.
pm.environment.set('username', `reader-${Date.now().toString(36)}`)
