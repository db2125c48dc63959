import { createServer } from 'node:http'
import { once } from 'node:events'
import { test, type Test } from 'tap'
import { Missing } from '../../conformance/commands.ts'
import type { Generator, Row } from '../../conformance/generators/generator.ts'
import { report, summary } from '../../conformance/report.ts'
import { isRed, tryRow } from '../../conformance/row.ts'
import { missingSteps, STEPS } from '../../conformance/steps.ts'
import { createTools } from '../../conformance/tools.ts'

const silent = () => {}
const says = (steps: string[]) => steps.map((step) => `ok ${step}`).join('\n')

/** A generator that makes nothing, whose scenario says what it is told to. */
const generatorOf = (steps: string[], own: Partial<Generator> = {}): Generator => ({
  name: 'example',
  release: '1.0.0',
  language: 'TypeScript',
  needs: [],
  required: ['v2'],
  document: 'openapi.json',
  settings: 'none',
  // Any file will do for a scenario: it is not what is run.
  files: () => ({ 'typescript/steps.ts': 'scenario.ts' }),
  generate: () => [],
  compile: () => [['node', '--version']],
  run: () => ['node', '-e', `console.log(${JSON.stringify(says(steps))})`],
  ...own,
})

async function tried(t: Test, generator: Generator, own: Partial<Row> = {}) {
  const server = createServer((_request, reply) => reply.end('{"paths":{}}')).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port is free')
  const folder = t.testdir({})
  const row: Row = { generator, version: 'v2', folder, tools: createTools(folder, silent), ...own }
  return tryRow(row, `http://127.0.0.1:${address.port}`, silent)
}

await test('a scenario that reports every step is green', async (t) => {
  const result = await tried(t, generatorOf(STEPS.v2))
  t.match(result, { compiled: 'ok', ran: 'ok', reason: undefined })
  t.notOk(isRed(result))
  t.notMatch(summary([result]), 'RED')
  t.match(report([result], new Map()), /\| example .*\| – +\| – +\| ok +\| ok +\| v2 +\|/)
})

await test('a scenario that leaves out a step is red, though it ends well', async (t) => {
  for (const left of STEPS.v2) {
    t.same(missingSteps('v2', says(STEPS.v2.filter((step) => step !== left))), [left])
    t.same(missingSteps('v2', says(STEPS.v2).replace(`ok ${left}`, `not ok ${left}`)), [left])
  }
  const result = await tried(t, generatorOf(STEPS.v2.filter((step) => step !== 'stale tag')))
  t.match(result, { compiled: 'ok', ran: 'failed', reason: /did not report: stale tag$/ })
  t.ok(isRed(result))
  t.match(summary([result]), /failed +RED\n\n.*did not report: stale tag\nok register\n/)
})

await test('a required client without a scenario is red, another is told', async (t) => {
  const without = { files: () => ({}) }
  const result = await tried(t, generatorOf([], without))
  t.match(result, { compiled: 'ok', ran: 'none' })
  t.ok(isRed(result))
  const other = await tried(t, generatorOf([], { ...without, required: ['v1'] }))
  t.match(other, { compiled: 'ok', ran: 'none' })
  t.notOk(isRed(other))
})

await test('a client that does not compile is not run', async (t) => {
  const compile: Generator['compile'] = () => [
    ['node', '-e', 'console.log("line 7"); process.exit(3)'],
  ]
  const result = await tried(t, generatorOf(STEPS.v2, { compile }))
  t.match(result, {
    compiled: 'failed',
    ran: 'unknown',
    reason: /ended with 3$/,
    output: 'line 7\n',
  })
  t.ok(isRed(result))
  t.match(
    report([result], new Map()),
    /## What failed\n\n### example, v2\n\n.*\n\n```\nline 7\n```/,
  )
})

await test('a machine that lacks what a client needs is told so', async (t) => {
  const sentence = '`javac` is not on the PATH: install a JDK 17 or later.'
  const tools = createTools(t.testdir({}), silent)
  const need = () => Promise.reject(new Missing(sentence))
  const result = await tried(t, generatorOf(STEPS.v2, { needs: ['java'] }), {
    tools: { ...tools, need },
  })
  t.match(result, { compiled: 'missing', ran: 'unknown', reason: sentence })
  t.ok(isRed(result))

  const { PATH } = process.env
  t.teardown(() => (process.env['PATH'] = PATH))
  process.env['PATH'] = t.testdir({})
  const bare = createTools(t.testdir({}), silent)
  await t.rejects(bare.need('java'), { message: sentence })
  await t.rejects(bare.need('go'), { message: /^`go` is not on the PATH: install Go/ })
})

await test('what a fault makes unusable is taken out of the document', async (t) => {
  const compile: Generator['compile'] = () => [
    [
      'node',
      '-p',
      'require("node:assert").deepEqual(require("./document.json"), { paths: { "/x": {} } })',
    ],
  ]
  const result = await tried(
    t,
    generatorOf(STEPS.v2, { compile, adapt: () => ({ paths: { '/x': {} } }) }),
  )
  t.match(result, { compiled: 'ok', ran: 'ok' })
})
