import { setImmediate as turn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { test } from 'tap'
import { sqliteFile } from '../../src/db/open.ts'
import { openSqlite } from '../../src/db/sqlite/store.ts'
import { ownedTables } from '../../src/domain/resources/index.ts'
import { engine, freshDatabase } from '../database.ts'
import { declareLeases } from './leases.ts'
import { connect } from './raw.ts'

/** A row of this name is there from the start: inserting another fails. */
const TAKEN = 'taken'
type Fault = 'none' | 'statement' | 'throw'
/** What one caller does: rows of its own, then an attempted part, then perhaps a fault. */
interface Unit {
  kind: 'write' | 'transaction'
  rows: number
  part: { rows: number; fault: Fault } | undefined
  fault: Fault
  /** Turns of the event loop that pass before it. */
  after: number
}
const fault = fc.constantFrom<Fault>('none', 'statement', 'throw')
const unit = fc.record<Unit>({
  kind: fc.constantFrom('write', 'transaction'),
  rows: fc.nat({ max: 3 }),
  part: fc.option(fc.record({ rows: fc.nat({ max: 2 }), fault }), { nil: undefined }),
  fault,
  after: fc.nat({ max: 2 }),
})

const several = (name: string, rows: number) =>
  Array.from({ length: rows }, (_, i) => `${name}.${i}`)

/** What must be in the file because of a unit. */
function expected(name: string, { kind, rows, part, fault: own }: Unit): string[] {
  if (kind === 'write') return own === 'none' ? [name] : []
  if (own !== 'none') return []
  return [
    ...several(name, rows),
    ...(part?.fault === 'none' ? several(`${name}.part`, part.rows) : []),
  ]
}

await test(
  'S74 whatever succeeds and fails at once, exactly what was acknowledged is in the file',
  {
    skip: engine === 'postgres' && 'only SQLite commits in groups',
  },
  async (t) => {
    const file = sqliteFile(await freshDatabase(t))!
    const other = connect(t, file, { readonly: true })
    const inFile = other.prepare<[string], string>(
      `SELECT name FROM leases WHERE name LIKE ? || ' %' ORDER BY name`,
    )
    const keptOf = (run: string) => inFile.pluck().all(run)
    let runs = 0

    await fc.assert(
      fc.asyncProperty(
        fc.array(unit, { maxLength: 24 }),
        fc.integer({ min: 1, max: 8 }),
        async (units, groupUnits) => {
          const run = `run${runs++}`
          const store = openSqlite(file, ownedTables, { groupUnits })
          const { put } = declareLeases(store)
          if (runs === 1) await store.write(put, { name: TAKEN })

          const perform = (name: string, { kind, rows, part, fault: own }: Unit) => {
            if (kind === 'write') return store.write(put, { name: own === 'none' ? name : TAKEN })
            return store.transaction(function* (tx) {
              function* act(names: string[], last: Fault) {
                for (const each of names) yield* tx.run(put, { name: each })
                if (last === 'statement') yield* tx.run(put, { name: TAKEN })
                if (last === 'throw') throw new Error('changed my mind')
              }
              yield* act(several(name, rows), 'none')
              if (part) {
                const { ok } = yield* tx.attempt(() =>
                  act(several(`${name}.part`, part.rows), part.fault),
                )
                if (ok !== (part.fault === 'none'))
                  throw new Error('the attempt was answered wrongly')
              }
              yield* act([], own)
            })
          }
          const answers: Array<Promise<boolean>> = []
          for (const [i, each] of units.entries()) {
            for (let turns = each.after; turns > 0; turns--) await turn()
            const name = `${run} ${String(i).padStart(2, '0')}`
            answers.push(
              perform(name, each).then(
                () => expected(name, each).every((row) => keptOf(run).includes(row)),
                () => each.fault !== 'none' && !keptOf(run).some((row) => row.startsWith(name)),
              ),
            )
          }
          const right = await Promise.all(answers)
          const all = units.flatMap((each, i) =>
            expected(`${run} ${String(i).padStart(2, '0')}`, each),
          )
          const kept = keptOf(run)
          await store.close()
          return right.every(Boolean) && JSON.stringify(kept) === JSON.stringify(all.toSorted())
        },
      ),
      { numRuns: 100 },
    )
    t.equal(other.pragma('integrity_check', { simple: true }), 'ok')
  },
)
