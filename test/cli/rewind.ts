import { copyFileSync } from 'node:fs'
import { Client } from 'pg'
import type { Test } from 'tap'
import { sqliteFile } from '../../src/db/open.ts'
import { freshDatabase } from '../database.ts'

/** A database that can be taken back to what it was, by other means than ours, while nobody has it open. */
export async function rewindable(t: Test) {
  const url = await freshDatabase(t)
  const kept = await freshDatabase(t)
  const copy = async (from: string, to: string) => {
    const [source, target] = [sqliteFile(from), sqliteFile(to)]
    if (source !== undefined && target !== undefined) return copyFileSync(source, target)
    const [name, other] = [nameOf(from), nameOf(to)]
    const admin = new Client({ connectionString: new URL('/postgres', url).href })
    await admin.connect()
    try {
      // What has just been closed may not have gone yet.
      await admin.query(
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ANY($1)',
        [[name, other]],
      )
      await admin.query(`DROP DATABASE ${other}`)
      await admin.query(`CREATE DATABASE ${other} TEMPLATE ${name}`)
    } finally {
      await admin.end()
    }
  }
  return { url, keep: () => copy(url, kept), goBack: () => copy(kept, url) }
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)
