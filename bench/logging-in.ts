import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Clients that log in again as soon as they are answered. One that is refused waits as long as the reply asks it to, as a
 * well-behaved client does. Returns how many replies had which status.
 */
export async function logIn(url: string, bodies: object[], seconds: number) {
  const statuses: Record<string, number> = {}
  const until = performance.now() + seconds * 1000
  const client = async (body: object) => {
    while (performance.now() < until) {
      const { status, headers } = await send(url, body)
      statuses[status] = (statuses[status] ?? 0) + 1
      const left = until - performance.now()
      const asked = Number(headers.get('retry-after') ?? 0) * 1000
      if (asked > 0 && left > 0) await sleep(Math.min(asked, left))
    }
  }
  await Promise.all(bodies.map(client))
  return statuses
}

async function send(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response
}
