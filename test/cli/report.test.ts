import { DrizzleQueryError } from 'drizzle-orm'
import { test } from 'tap'
import { Failure } from '../../src/cli/failure.ts'
import { report } from '../../src/cli/report.ts'
import { NotFound, Overloaded } from '../../src/base/errors.ts'

const coded = (message: string, code: string) => Object.assign(new Error(message), { code })

await test('what an operator can mend is one sentence', async (t) => {
  for (const [error, sentence] of [
    [new Failure('The disk is a teapot.'), 'The disk is a teapot.'],
    [new NotFound('User'), 'User not found'],
    [coded('unable to open database file', 'SQLITE_CANTOPEN'), 'unable to open database file'],
    [coded('database is locked', 'SQLITE_BUSY'), 'Another process keeps the database busy.'],
    [coded('no such file', 'ENOENT'), 'no such file'],
    [coded('', 'ECONNREFUSED'), 'The database cannot be reached (ECONNREFUSED).'],
    [coded('no password supplied', '28P01'), 'no password supplied'],
    [
      new Overloaded(1, { cause: new Error('Connection terminated unexpectedly') }),
      'The database does not answer: Connection terminated unexpectedly.',
    ],
  ] as const)
    t.equal(report(error), `error: ${sentence}`)
})

await test('a bug shows its stack', async (t) => {
  for (const error of [
    new TypeError('x is not a function'),
    coded('no such column', 'SQLITE_ERROR'),
    coded('column x does not exist', '42703'),
    coded('duplicate key', '23505'),
  ])
    t.match(report(error), new RegExp(`^This is a bug in Commonplace: .*${error.message}\\n +at `))
  t.equal(report('thrown text'), 'This is a bug in Commonplace: thrown text')
})

await test('S73 not even a bug shows the values of a statement', async (t) => {
  const cause = Object.assign(coded('null value in column', '23502'), { detail: 'row has HASH' })
  const text = report(new DrizzleQueryError('insert into users', ['HASH'], cause))
  t.match(text, 'null value in column')
  t.notMatch(text, 'HASH')
})
