import Database from 'better-sqlite3'
import type { Test } from 'tap'
import { sqliteFile } from '../../../src/db/open.ts'
import { showTerms } from '../../../src/db/sqlite/store.ts'
import type { Build, Store } from '../../../src/db/store.ts'
import { connectPostgres } from '../../db/bare.ts'

/** The same store, which also remembers what is defined. */
export function recorded(store: Store) {
  const builds = new Map<string, Build<unknown>>()
  let kept = 0
  return {
    builds,
    /** How many of them are not forgotten. */
    kept: () => kept,
    store: {
      ...store,
      define(name, build) {
        builds.set(name, build)
        kept += 1
        return store.define(`recorded ${name}`, build)
      },
      forget(statement) {
        kept -= 1
        store.forget(statement)
      },
    } satisfies Store,
  }
}

export async function textsOf(store: Store, builds: Map<string, Build<unknown>>) {
  const texts = new Map<string, string>()
  await store.query((q) => {
    for (const [name, build] of builds) texts.set(name, build(q).toSQL().sql)
    return q.select().from(store.tables.leases)
  })
  return texts
}

/** How the engine would run each statement, whatever its values are: one text for each. */
export async function plansOf(
  t: Test,
  { url, store, builds }: { url: string; store: Store; builds: Map<string, Build<unknown>> },
) {
  const texts = await textsOf(store, builds)
  const file = sqliteFile(url)
  const explain = file === undefined ? await onPostgres(t, url) : onSqlite(t, file)
  const plans = new Map<string, string>()
  for (const [name, text] of texts) plans.set(name, await explain(text))
  return plans
}

function onSqlite(t: Test, file: string) {
  const sqlite = new Database(file, { readonly: true })
  t.teardown(() => sqlite.close())
  showTerms(sqlite)
  return async (text: string) => {
    const values = Array.from(text.matchAll(/\?/g), () => null)
    const steps = sqlite.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
    return steps
      .all(...values)
      .map(({ detail }) => detail)
      .join('; ')
  }
}

/** A plan for any values, as a prepared statement gets it, over tables that seem too large to read. */
async function onPostgres(t: Test, url: string) {
  const client = await connectPostgres(url)
  t.teardown(() => client.end())
  await client.query('ANALYZE; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off')
  return async (text: string) => {
    const values = Array.from(new Set(text.match(/\$\d+/g)), () => 'null')
    await client.query(`PREPARE listed AS ${text}`)
    const given = values.length > 0 ? `(${values.join()})` : ''
    const { rows } = await client.query(`EXPLAIN (COSTS OFF) EXECUTE listed${given}`)
    await client.query('DEALLOCATE listed')
    return rows.map((row) => String(row['QUERY PLAN']).trim()).join('; ')
  }
}
