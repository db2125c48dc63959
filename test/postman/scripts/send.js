// What the rate limit refuses is sent again once there is room, if that is within a minute.
const LONGEST_WAIT = 60
const TRIES = 3

const secondsToWait = (reply) => Number(reply.headers.get('Retry-After') || Infinity)
const isWorthWaiting = (reply) => reply.code === 429 && secondsToWait(reply) <= LONGEST_WAIT

// oxlint-disable-next-line no-unused-vars -- the scripts behind it use it
const send = (method, path, { token, body }, done, tries = TRIES) =>
  pm.sendRequest(
    {
      url: `${pm.variables.get('baseUrl')}${path}`,
      method,
      header: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(body ? { body: { mode: 'raw', raw: JSON.stringify(body) } } : {}),
    },
    (error, reply) => {
      if (error || !isWorthWaiting(reply) || tries === 1) done(error, reply)
      else {
        const seconds = secondsToWait(reply)
        console.log(`${path}: the rate limit has room again in ${seconds} s`)
        setTimeout(() => send(method, path, { token, body }, done, tries - 1), seconds * 1000)
      }
    },
  )
