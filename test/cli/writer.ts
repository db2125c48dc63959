import { loadConfig } from '../../src/config/index.ts'
import { openBackend } from '../../src/open-backend.ts'

/**
 * A process that writes to-dos named 0, 1, 2 … without a pause until it is killed, and tells how many have been acknowledged
 * whenever it is asked.
 */
const [url = ''] = process.argv.slice(2)
const origin = { ip: '192.0.2.1', userAgent: undefined, requestId: 'test' }
const actor = { id: 1, username: 'alice', role: 'user', sessionId: '', origin } as const

let written = 0
process.on('message', () => process.send?.(written))
const { backend } = await openBackend(loadConfig({ NODE_ENV: 'test', DATABASE_URL: url }))
for (;;) {
  await backend.todos.create(actor, { title: String(written) })
  written += 1
}
