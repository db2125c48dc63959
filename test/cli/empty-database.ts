import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import type { Test } from 'tap'

const server = process.env['TEST_DATABASE_URL']

type Rows = Array<Record<string, unknown>>

/** A database without any table, of the engine under test, and a way to look at it. Removed with the test. */
export async function emptyDatabase(t: Test) {
  if (server === undefined) {
    const file = `${t.testdir({})}/empty.db`
    const query = async (text: string): Promise<Rows> => {
      const sqlite = new Database(file)
      try {
        const statement = sqlite.prepare<[], Record<string, unknown>>(text)
        if (statement.reader) return statement.all()
        statement.run()
        return []
      } finally {
        sqlite.close()
      }
    }
    return { url: `sqlite:${file}`, query }
  }

  const name = `cli_${randomBytes(8).toString('hex')}`
  const url = new URL(server)
  url.pathname = `/${name}`
  await on(server, `CREATE DATABASE ${name}`)
  t.teardown(() => on(server, `DROP DATABASE ${name} WITH (FORCE)`))
  return { url: url.href, query: (text: string) => on(url.href, text) }
}

async function on(url: string, text: string): Promise<Rows> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
