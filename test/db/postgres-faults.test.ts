import { eq, sql } from '../../src/db/drizzle.ts'
import { test } from 'tap'
import { EmailTaken } from '../../src/base/errors.ts'
import { engine } from '../database.ts'
import { alter } from './bare.ts'
import { openLeases } from './leases.ts'

const postgresOnly = { skip: engine === 'sqlite' && 'it is about faults of the server' }
const overloaded = { code: 'OVERLOADED', statusCode: 503, retryAfter: 1 }

await test(
  'a transaction that lost against another is tried again after a pause, three times at the most',
  postgresOnly,
  async (t) => {
    const { store, insert, put, names, url } = await openLeases(t)
    // Sequences are not rolled back, so the server can count the tries.
    await alter(
      url,
      `CREATE SEQUENCE tries;
     CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF nextval('tries') <= (substring(NEW.name from '[0-9]+'))::int THEN
         RAISE EXCEPTION 'try again' USING ERRCODE = CASE WHEN NEW.name LIKE 'deadlock%' THEN '40P01' ELSE '40001' END;
       END IF;
       RETURN NEW;
     END $$;
     CREATE TRIGGER conflict BEFORE INSERT ON leases FOR EACH ROW EXECUTE FUNCTION conflict()`,
    )
    for (const [name, runs] of [
      ['deadlock 2', 3],
      ['serialization 2', 3],
      ['serialization 0', 1],
    ] as const) {
      await alter(url, `ALTER SEQUENCE tries RESTART`)
      const ran: number[] = []
      await store.transaction(function* (tx) {
        ran.push(performance.now())
        yield* tx.run(insert, { name })
      })
      t.equal(ran.length, runs, name)
      for (const [index, next] of ran.slice(1).entries())
        t.ok(next - ran[index]! > 100, 'time for the other to finish')
    }
    await alter(url, `ALTER SEQUENCE tries RESTART`)
    const hopeless = store.transaction((tx) => tx.run(insert, { name: 'deadlock 3' }))
    await t.rejects(hopeless, overloaded)
    t.strictSame(await names(), ['deadlock 2', 'serialization 0', 'serialization 2'])
    await put('0')
  },
)

await test('S75 a full disk of the server is 507, and reads go on', postgresOnly, async (t) => {
  const { put, names, rename, store, url } = await openLeases(t)
  await put('earlier')
  await alter(
    url,
    `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
     CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON leases EXECUTE FUNCTION full_disk()`,
  )
  const full = { code: 'STORAGE_FULL', statusCode: 507, message: /^The server has no room/ }
  await t.rejects(put('a'), full)
  await t.rejects(
    store.transaction((tx) => tx.run(rename, { name: 'earlier', to: 'b' })),
    full,
  )
  t.strictSame(await names(), ['earlier'])
  await alter(url, 'DROP TRIGGER full_disk ON leases')
  await put('later')
  const { leases } = store.tables
  t.equal(
    (await store.query((q) => q.select().from(leases).where(eq(leases.name, 'later')))).length,
    1,
  )
})

await test(
  'a refusal within a transaction stays what it is, and costs no connection',
  postgresOnly,
  async (t) => {
    const { store, insert, names } = await openLeases(t)
    const pid = store.define('test_pid', (q) =>
      q.select({ pid: sql`pg_backend_pid()` }).from(sql`(values (1)) as once`),
    )
    const connection = async () => (await store.read(pid))[0]?.pid
    const before = await connection()
    const refused = store.transaction(function* (tx) {
      yield* tx.run(insert, { name: 'a' })
      throw new EmailTaken()
    })
    await t.rejects(refused, { code: 'EMAIL_TAKEN' })
    t.strictSame(await names(), [])
    t.equal(await connection(), before)
  },
)
