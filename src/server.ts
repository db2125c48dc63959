import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: better-sqlite3 crashes on older versions without a word.
/* c8 ignore next 6 -- the suite runs on the Node that package.json brings */
if (Number.parseInt(process.versions.node) < 24) {
  console.error(
    `Commonplace needs Node 24 or later, and this is ${process.version}: use npm start.`,
  )
  process.exit(1)
}
// What is created here (the database, backups, the secret) is for its owner alone.
process.umask(0o077)
enableCompileCache()

const { loadConfig } = await import('./config/index.ts')
const { resolveSecret } = await import('./config/dev-secret.ts')
const { serve } = await import('./serve.ts')

try {
  if (existsSync('.env')) process.loadEnvFile('.env')
  await serve(loadConfig(resolveSecret(process.env)))
} catch (error) {
  const { report } = await import('./cli/report.ts')
  console.error(report(error))
  process.exit(1)
}
