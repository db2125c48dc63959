import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'tap'
import { openSpool } from '../../../src/domain/transfer/spool.ts'

await test('what is kept on disk has no name, and comes back any number of times', async (t) => {
  // In a folder of this test's own: others make spools too.
  const folder = t.testdir({})
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = folder
  t.teardown(() => void (process.env['TMPDIR'] = TMPDIR ?? '/tmp'))
  t.equal(tmpdir(), folder)
  const spool = await openSpool()
  t.same(readdirSync(folder), [])
  const batches = [
    [{ line: 2, row: { title: 'x', dueAt: new Date(0), description: null } }],
    [],
    [{ line: 3, row: { title: '📚' } }],
  ]
  for (const batch of batches) await spool.add(batch)
  t.strictSame([...spool.read()], batches)
  t.strictSame([...spool.read()], batches)
  await spool.close()
})

await test('a disk that does not take it is told as a full one', async (t) => {
  const spool = await openSpool()
  await spool.close()
  await t.rejects(spool.add([]), { code: 'STORAGE_FULL' })
})
