// The session is over: what needs a token next logs in again.
for (const name of ['accessToken', 'refreshToken', 'accessTokenExpires']) pm.environment.unset(name)
