import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config/index.ts'
import { openStore } from '../src/db/open.ts'
import { createHasher } from '../src/domain/accounts/hasher.ts'
import { ownedTables } from '../src/domain/resources/index.ts'
import { createBackend } from '../src/domain/backend.ts'
import { systemClock } from '../src/base/clock.ts'
import { randomIds } from '../src/base/ids.ts'
import { createSecrets } from '../src/domain/secrets.ts'

/** The same server, but each write is committed alone: what group commit is compared with. */
const config = loadConfig(process.env)
const hasher = createHasher()
const backend = createBackend({
  store: await openStore(config.databaseUrl, ownedTables, { groupUnits: 1 }),
  clock: systemClock,
  ids: randomIds,
  secrets: createSecrets(config.secretKeys, randomIds),
  hasher,
  rules: { ...config, issuer: config.publicUrl },
})
await backend.prepare()
const app = await buildApp(config, { backend })
await app.listen({ host: config.host, port: config.port })

async function end() {
  await app.close()
  await hasher.close()
  await backend.close()
}
process.once('SIGTERM', () => void end())
