import { sql } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { openLeases } from './leases.ts'

await test('text is ordered by code point on both engines', async (t) => {
  const { put, names, store } = await openLeases(t)
  const words = ['a', 'B', 'b', 'A', 'ä', 'Z', 'z', '_', '-', ' ', '10', '9', 'é', 'e\u0301', 'ab']
  // U+FF01 comes before U+1F600, which JavaScript's own order of UTF-16 units has the other way round.
  words.push('中', '\uff01', '😀', 'ﬀ', 'ß', 'Ω', 'a b', 'a-b', 'a.b')
  for (const word of words) await put(word)
  const bytes = words.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  t.strictSame(await names(), bytes)
  if (store.engine === 'sqlite') return
  const other = await store.query((q) =>
    q
      .select({ column: sql`table_name || '.' || column_name` })
      .from(sql`information_schema.columns`)
      .where(
        sql`table_schema = 'public' and table_name <> 'schema_migrations' and data_type = 'text' and collation_name is distinct from 'C'`,
      ),
  )
  t.strictSame(other, [], 'whatever the locale of the database is')
})
