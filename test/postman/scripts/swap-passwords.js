const password = pm.environment.get('password')
pm.environment.set('password', pm.environment.get('newPassword'))
pm.environment.set('newPassword', password)
