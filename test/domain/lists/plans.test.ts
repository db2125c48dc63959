import { test, type Test } from 'tap'
import { userList } from '../../../src/domain/accounts/user-list.ts'
import { createActivity } from '../../../src/domain/audit-activity.ts'
import { auditList } from '../../../src/domain/audit-list.ts'
import { systemClock } from '../../../src/domain/clock.ts'
import { createList } from '../../../src/domain/lists/list.ts'
import { engine } from '../../database.ts'
import { moment, openPeople, secrets } from './people.ts'
import { plansOf, recorded } from './plans.ts'

/** A value of each filter that every row has. */
const EVERYONES = {
  created_after: moment(0),
  created_before: moment(99),
  role: 'user',
  status: 'active',
  actor_id: 1,
  action: 'login',
  target_type: 'user',
  target_id: '1',
  outcome: 'success',
  ip: '192.0.2.7',
}
/**
 * Read in the order of the sort until enough records pass the filter: no index has both. The sort comes last, `*` is any; what
 * is not here is found by an index.
 */
const WALKED = /^(created_(after|before) (username|id)|outcome .+)$/
/** All that pass the filter are found by an index, and sorted. */
const SORTED =
  /^((role|status) (created_at|username)|(actor_id|action|(target_id,)?target_type) created_at|(target_type|ip) id)$/

await test('no filter and no sort of a list reads the whole table', async (t) => {
  const { url, store, edit } = await openPeople(t)
  await edit({ add: Array.from({ length: 400 }, (_, i) => ({ name: `name-${i}`, at: i % 7 })) })
  const { users, auditEvents } = store.tables
  const event = { action: 'login', outcome: 'success', actorId: 1, ip: '192.0.2.7' } as const
  const aimed = { ...event, targetType: 'user', targetId: '1' }
  const events = Array.from({ length: 600 }, (_, i) => ({ ...aimed, at: moment(i % 9) }))
  await store.transaction((tx) => tx.query((q) => q.insert(auditEvents).values(events)))

  const record = recorded(store)
  const deps = { store: record.store, clock: systemClock, secrets }
  const lists = [
    { name: 'users', declaration: userList, list: createList(deps, userList, users) },
    {
      name: 'audit_events',
      declaration: auditList,
      list: createList(deps, auditList, auditEvents),
    },
  ]
  for (const { declaration, list } of lists)
    for (const query of queriesOf(declaration)) {
      // Each way to read a part of a list, once: from the start, on from a cursor, and back.
      const page = (cursor?: string) =>
        list.page({ ...query, limit: 1, cursor, total: true } as never)
      const { prev } = await page((await page()).next)
      t.ok(prev, JSON.stringify(query))
      await page(prev)
    }
  const activity = createActivity(deps)
  const { next } = await activity.page({ id: 1 }, { limit: 1 })
  const { prev } = await activity.page({ id: 1 }, { limit: 1, cursor: next })
  await activity.page({ id: 1 }, { limit: 1, cursor: prev })

  const plans = await plansOf(t, { url, store, builds: record.builds })
  t.ok(plans.size > 150, `${plans.size} statements`)
  for (const [name, plan] of plans) judge(t, name, plan)
})

/** Every filter alone and none, in every order. */
function queriesOf({ filters, sorts }: typeof userList | typeof auditList) {
  const applied = Object.keys(filters).map((name) =>
    name === 'target_id' ? ['target_type', name] : [name],
  )
  return [[], ...applied].flatMap((names) =>
    Object.keys(sorts).flatMap((field) =>
      ['asc', 'desc'].map((direction) => ({
        sort: `${field}:${direction}`,
        filters: Object.fromEntries(
          Object.entries(EVERYONES).filter(([name]) => names.includes(name)),
        ),
      })),
    ),
  )
}

function judge(t: Test, name: string, plan: string) {
  const [kind = '', applied = '', field = '', , , part = ''] = name.split(/[ :]/)
  const [search, sort] =
    engine === 'sqlite'
      ? [!/\bSCAN\b/.test(plan), / B-TREE /.test(plan)]
      : [!/Seq Scan/.test(plan), /(?<!Incremental )Sort;/.test(plan)]
  const about = `${name}: ${plan}`
  if (kind.endsWith('_total')) {
    t.ok(search || applied === '' || WALKED.test(`${applied} x`), about)
    return
  }
  // From its start a list is read in its order, which may be that of the whole index.
  const walks =
    !search && (WALKED.test(`${applied} ${field}`) || (applied === '' && part === 'all'))
  t.ok(search || walks, about)
  t.ok(!sort || SORTED.test(`${applied} ${field}`), `${about} is not sorted`)
  // However many are tied with the record at the cursor, the index leads straight to it.
  if (/tied|beyond/.test(part) && field === 'created_at' && applied === '')
    t.match(plan, /\((created_at|at)=\? AND id[<>]\?\)|Index Cond: \(ROW\(/, about)
}
