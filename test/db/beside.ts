import type { Client } from 'pg'
import type { Test } from 'tap'
import { connectPostgres } from './bare.ts'

/** A connection past the pool, closed with the test. */
export async function beside(t: Test, url: string) {
  const client = await connectPostgres(url)
  t.teardown(() => client.end())
  return client
}

/** Resolves when so many connections to this database wait for a lock. */
export async function waiting(client: Client, connections: number) {
  for (let found = 0; found < connections;) {
    const { rows } = await client.query(
      `SELECT count(*)::int AS found FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    found = rows[0].found
  }
}
