import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two requests. */
const PAUSE = 10

/** Asks a URL over one connection, again and again until the signal, and tells how long the answers took, in milliseconds. */
export async function probe(url: string, signal: AbortSignal) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  while (!signal.aborted) {
    const started = performance.now()
    await answer(url, agent)
    times.push(performance.now() - started)
    await sleep(PAUSE)
  }
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]
  return { count: times.length, p50: at(0.5) ?? 0, p99: at(0.99) ?? 0, max: times.at(-1) ?? 0 }
}

function answer(url: string, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  get(url, { agent }, (response) => response.resume().once('end', resolve)).once('error', reject)
  return promise
}
