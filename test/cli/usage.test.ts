import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { commonplace, here, refused } from './command.ts'

await test('help needs no configuration and has examples everywhere', async (t) => {
  const env = { NODE_ENV: 'nonsense', DATABASE_URL: 'nonsense' }
  const main = await commonplace(['--help'], { env })
  t.match(main, { code: 0, stderr: '', stdout: /Exit codes: 0 .* 1 .* 2 / })
  const commands = [
    ...['serve', 'migrate', 'seed', 'backup', 'restore', 'purge'].map((name) => [name]),
    ...['create', 'list', 'role', 'suspend', 'restore', 'password'].map((name) => ['user', name]),
    ...['show', 'email', 'sessions', 'delete', 'import'].map((name) => ['user', name]),
    ['user', 'factor', 'remove'],
    ...['create', 'list', 'revoke'].map((name) => ['invite', name]),
    ...['list', 'rotate', 'rewrap'].map((name) => ['keys', name]),
    ...['show', 'new'].map((name) => ['timeline', name]),
  ]
  const helps = await Promise.all(
    commands.map((command) => commonplace([...command, '--help'], { env })),
  )
  for (const [index, help] of helps.entries()) {
    const name = commands[index]?.join(' ') ?? ''
    t.match(help, { code: 0, stderr: '' }, name)
    t.match(help.stdout, `Usage: commonplace ${name} `)
    t.match(help.stdout, /Examples?:\n  \$ /, name)
  }
})

await test('the version is the one of the package', async (t) => {
  t.match(await commonplace(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
})

await test('wrong usage ends with 2 and touches nothing', async (t) => {
  const cwd = t.testdir({})
  const url = 'sqlite:./new.db'
  for (const args of [
    [],
    ['nonsense'],
    ['user'],
    ['user', 'create'],
    ['user', 'create', 'alice', '--role', 'king'],
    ['user', 'create', 'alice', '--role', 'user', '--admin'],
    ['user', 'create', 'alice', '--password', 'on the command line'],
    ['user', 'create', 'alice', 'on the command line'],
    ['user', 'role', 'alice', 'king'],
    ['user', 'list', '--nonsense'],
    ['invite', 'create', '--role', 'king'],
    ['invite', 'revoke', '0'],
    ['invite', 'revoke', 'x'],
    ['invite', 'revoke', '2147483648'],
    ['seed', '--users', '0'],
    ['seed', '--users', '1001'],
    ['seed', '--users', '1e2'],
    ['seed', '--seed', '-1'],
    ['backup'],
    ['keys', 'nonsense'],
    ['timeline', 'nonsense'],
    ['timeline', 'new', '--leap', '0'],
    ['restore', 'copy.db', '--leap', '2147483647'],
  ]) {
    const result = await commonplace(args, { cwd, url })
    t.match(result, { code: 2, stdout: '' }, args.join(' '))
    t.not(result.stderr, '')
    t.notMatch(result.stderr, /\n\s+at /)
  }
  t.notOk(existsSync(join(cwd, 'new.db')))
})

await test('S73 every fault of the configuration is named, no value is shown', async (t) => {
  const secret = 'too-short-a-secret'
  const { code, stdout, stderr } = await commonplace(['user', 'list'], {
    env: { DATABASE_URL: 'mysql://u:hunter2@db/x', SECRET_KEY: secret, JWT_NONSENSE: 'canary' },
  })
  t.match({ code, stdout }, { code: 1, stdout: '' })
  for (const name of ['DATABASE_URL', 'SECRET_KEY', 'JWT_NONSENSE']) t.match(stderr, name)
  for (const value of ['hunter2', secret, 'canary']) t.notMatch(stderr, value)
})

await test('the command reads .env, as the server does, and the environment wins', async (t) => {
  const cwd = t.testdir({ '.env': 'DATABASE_URL=mysql://x\nPASSWORD_MIN_LENGTH=1\n' })
  const { code, stderr } = await commonplace(['user', 'list'], {
    cwd,
    env: { DATABASE_URL: 'sqlite:./x.db' },
  })
  t.equal(code, 1)
  t.match(stderr, 'PASSWORD_MIN_LENGTH')
  t.notMatch(stderr, 'DATABASE_URL')
})

await test('a database in memory is refused by what should outlive the command', async (t) => {
  for (const args of [['user', 'list'], ['migrate'], ['seed'], ['purge'], ['backup', 'x']])
    refused(t, await here(args, { url: 'sqlite::memory:' }), /in memory/)
})

await test('a database that cannot be reached or opened is one sentence', async (t) => {
  const cwd = t.testdir({ 'not.db': 'x'.repeat(5000) })
  const nobody = 'postgres://someone:hunter2@127.0.0.1:1/x'
  for (const args of [['user', 'list'], ['migrate']]) {
    const unreachable = await here(args, { url: nobody })
    refused(t, unreachable, /ECONNREFUSED/)
    t.notMatch(unreachable.stderr, 'hunter2')
    refused(t, await here(args, { url: `sqlite:${join(cwd, 'not.db')}` }), /not a database/)
  }
})

await test('another Node is refused in one sentence, before the database driver is loaded', async (t) => {
  const older = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' })
    Object.defineProperty(process, 'version', { value: 'v20.1.0' })
    process.on('exit', () => {
      if (process.report.getReport().sharedObjects.some((path) => path.includes('sqlite'))) console.error('LOADED')
    })`
  const node = ['--import', `data:text/javascript,${encodeURIComponent(older)}`]
  const result = await commonplace(['--help'], { node })
  t.strictSame(result, {
    code: 1,
    stdout: '',
    stderr: 'Commonplace needs Node 24 or later, and this is v20.1.0: use npm run cli.\n',
  })
})
