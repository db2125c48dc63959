import type { Test } from 'tap'
import { type Options, type Reply, type Send, start, type Started } from '../helper.ts'
import { newName, OPEN_ACCOUNT, type Scene } from './recipes.ts'
import { nameOf, type Operation, operationsOf, recipeOf, requestOf } from './requests.ts'

/** An app with an account that all may log in to, and what `/authz` says of its operations. */
export async function open(t: Test, options: Options = {}) {
  // Nothing is sent: it only has to be set up.
  const started = await start(t, { env: { SMTP_URL: 'smtp://127.0.0.1:1' }, ...options })
  await started.backend.accounts.register(OPEN_ACCOUNT)
  return { ...started, operations: await operationsOf(started) }
}
export type Opened = Awaited<ReturnType<typeof open>>

function documented({ documents }: Started, { version, method, path }: Operation) {
  const { paths } = documents[`v${version}`]
  return paths[path.slice('/api/v1'.length)][method.toLowerCase()]
}

/** Whether the document has a reply of this status. */
export const promises = (started: Started, operation: Operation, status: number) =>
  status in documented(started, operation).responses

export const takesKey = (started: Started, operation: Operation) =>
  JSON.stringify(documented(started, operation).parameters ?? []).includes('"idempotency-key"')

/** Walks through all operations that promise the status. `send` gives the reply that should have it. */
export async function each(
  t: Test,
  opened: Opened,
  status: number,
  send: (operation: Operation) => Promise<Reply>,
) {
  const promising = opened.operations.filter((operation) => promises(opened, operation, status))
  t.ok(promising.length > 0)
  for (const operation of promising)
    t.equal((await send(operation)).status, status, `${nameOf(operation)}: ${status}`)
}

/** A request that lacks nothing. */
export async function complete(opened: Opened, operation: Operation) {
  const { roles, record } = operation
  const isForAll = roles.includes('user') && (!record || record.includes('owner'))
  const owner = await opened.as(newName(), isForAll ? 'user' : 'admin')
  const scene: Scene = { started: opened, owner, caller: owner }
  const id = await recipeOf(operation).record?.(scene)
  const { accessToken, refreshToken } = owner
  const token = operation.access === 'refresh_token' ? refreshToken : accessToken
  return requestOf(operation, scene, { id, token })
}

/** The same with other headers, another body or another query. */
export async function changed(opened: Opened, operation: Operation, { headers, ...changes }: Send) {
  const { method, url, send } = await complete(opened, operation)
  return opened.request(method, url, {
    ...send,
    ...changes,
    headers: { ...send.headers, ...headers },
  })
}

/** A request without anything, to a path that fits. */
export const bare = ({ request }: Opened, { method, path }: Operation) =>
  request(method, path.replace(/\{\w+\}/, '1'))
