// What a backend over a database in memory costs beside the first, which loads the code: printed as JSON. Needs --expose-gc.
import { createHasher } from '../src/domain/accounts/hasher.ts'
import { loadConfig } from '../src/config/index.ts'
import { openBackend } from '../src/open-backend.ts'

const BACKENDS = 60

const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:' })
const hasher = createHasher()
const open = () => openBackend(config, { hasher })
const opened = [await open()]
globalThis.gc?.()
const before = process.memoryUsage.rss()
const start = process.cpuUsage()
while (opened.length <= BACKENDS) opened.push(await open())
const { user, system } = process.cpuUsage(start)
globalThis.gc?.()
const mb = (process.memoryUsage.rss() - before) / BACKENDS / 1e6
for (const { close } of opened) await close()
await hasher.close()
process.stdout.write(JSON.stringify({ count: BACKENDS, cpu: (user + system) / BACKENDS / 1e3, mb }))
