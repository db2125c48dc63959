import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { test } from 'tap'
import { freshDatabase } from '../database.ts'
import { CLI, inside, logsIn, outputOf, PASSWORD, type Result } from './command.ts'

// A terminal for the command, from util-linux. The tests of standard input are in users.test.ts.
const skip = spawnSync('script', ['--version']).status === 0 ? false : 'script is not installed'
const ENTER = '\r'
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'

await test(
  'S73 on a terminal the password is asked for twice and never shown',
  { skip },
  async (t) => {
    const url = await freshDatabase(t)
    const result = await typing(url, ['alice'], [PASSWORD + ENTER, PASSWORD + ENTER])
    t.equal(result.code, 0)
    t.match(result.stdout, /^Password: \r\nThe same again: \r\nCreated user alice with id 1\.\r\n$/)
    t.ok(await logsIn(url, 'alice', PASSWORD))
  },
)

await test('what is not typed twice, or is given up, creates nothing', { skip }, async (t) => {
  const url = await freshDatabase(t)
  for (const [keys, sentence] of [
    [[PASSWORD + ENTER, `${PASSWORD}!${ENTER}`], /The two passwords differ/],
    [[ENTER], /No password was given/],
    [[CTRL_C], /Nothing was changed/],
    [[PASSWORD + ENTER, CTRL_C], /Nothing was changed/],
    [[PASSWORD + ENTER, CTRL_D], /Nothing was changed/],
  ] as const) {
    const { code, stdout } = await typing(url, ['alice'], keys)
    t.equal(code, 1)
    t.match(stdout, sentence)
    t.notMatch(stdout, PASSWORD)
  }
  t.equal(await inside(url, ({ accounts }) => accounts.count()), 0)
})

await test('seed shows a bar on a terminal', { skip }, async (t) => {
  const url = await freshDatabase(t)
  const { code, stdout } = await outputOf(terminal(url, 'seed --users 2'))
  t.equal(code, 0)
  t.match(stdout, /\[=+\] \d+\/\d+/)
  t.match(stdout, /Seeded 2 users/)
})

function terminal(url: string, command: string) {
  return spawn('script', ['-qec', `"${process.execPath}" "${CLI}" ${command}`, '/dev/null'], {
    env: { ...process.env, NODE_ENV: 'test', DATABASE_URL: url },
  })
}

/** Answers each prompt of `user create` with the next keys. */
async function typing(url: string, [name]: [string], keys: readonly string[]): Promise<Result> {
  const child: ChildProcess = terminal(url, `user create ${name}`)
  const waiting = [...keys]
  let prompts = 0
  let seen = ''
  child.stdout?.on('data', (text: Buffer) => {
    seen += text.toString()
    const shown = seen.match(/(Password|again): /g)?.length ?? 0
    for (; prompts < shown; prompts++) child.stdin?.write(waiting.shift() ?? '')
  })
  return outputOf(child)
}
