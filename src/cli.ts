#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: better-sqlite3 crashes on older versions without a word.
if (Number.parseInt(process.versions.node) < 24) {
  console.error(
    `Commonplace needs Node 24 or later, and this is ${process.version}: use npm run cli.`,
  )
  process.exit(1)
}
// What is created here (the database, backups, the secret) is for its owner alone.
process.umask(0o077)
enableCompileCache()

const { run } = await import('./cli/run.ts')

if (existsSync('.env')) process.loadEnvFile('.env')
process.exitCode = await run(process.argv.slice(2), process.env)
// What a failure leaves open (a server that found its port taken) must not keep the process alive.
if (process.exitCode !== 0) process.exit()
