// The account is gone, and its tokens with it: the next run is by somebody new.
pm.environment.set('username', '')
pm.environment.unset('registered')
