import { test, type Test } from 'tap'
import { start } from '../../helper.ts'
import { badIds, invalid, unacceptable } from '../faults.ts'
import { outsiders } from '../outsiders.ts'
import type { Client, Refusal } from '../refusals.ts'
import { newName } from '../recipes.ts'
import { nameOf, type Operation, operationsOf, recipeOf, requestOf } from '../requests.ts'
import { refuses } from './refusals.ts'

/** What every operation of v2 refuses, whatever it does: the operations are those that `/authz` lists. */
async function open(t: Test) {
  const started = await start(t)
  const operations = (await operationsOf(started)).filter(({ version }) => version === 2)
  return { started, operations }
}
const callOf = ({ method, path }: Operation, id: number | string = 1) =>
  `${method} ${path.replace('/api/v2', '').replace(/\{\w+\}/, String(id))}`
/** A token where the operation needs one; a refresh token is in the body. */
const by = (operation: Operation, client: Client) =>
  operation.access === 'refresh_token' ? undefined : client

/** 22 characters of base64url: none of these. */
const noSessionIds = (call: string): Refusal[] =>
  ['1', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(21)}%2F`, `${'A'.repeat(21)}%00`].map((id) =>
    unacceptable(
      { call: call.replace('{id}', id) },
      /^id must (look like \S+|not contain the character NUL)$/,
    ),
  )

const tooLong = (call: string): Refusal => ({
  call: call.replace('{id}', '1'.repeat(101)),
  status: 414,
  code: 'uri_too_long',
  message: 'A part of the path is longer than 100 characters',
})

const unreadable = (call: string): Refusal[] =>
  ['%zz', '%ED%A0%80'].map((id) => ({
    call: call.replace('{id}', id),
    status: 400,
    code: 'malformed_request',
    message: 'The path is not a valid URL',
  }))

await test('S18 S19 S21 S22 S23 S38 nobody gets in without a valid token', async (t) => {
  const { started, operations } = await open(t)
  const rows = await outsiders(started)
  for (const operation of operations) {
    const { access } = operation
    // What a refresh refuses is in the tests of the tokens: there it is a type of its own that gets in.
    if (access === 'none' || access === 'refresh_token') continue
    const refused = rows.filter(
      ({ code }) =>
        !(code === 'token_missing' && access === 'optional') &&
        !(code === 'token_type_invalid' && access === 'any_token'),
    )
    await t.test(nameOf(operation), (t) =>
      refuses(
        t,
        started,
        undefined,
        refused.map((row) => ({ call: callOf(operation), ...row })),
      ),
    )
  }
})

await test('S59 a parameter that is unknown or repeated is refused by its name', async (t) => {
  const { started, operations } = await open(t)
  const { body: document } = await started.request('GET', '/api/v2/openapi.json')
  for (const operation of operations) {
    const owner = await started.as(newName())
    const id = await recipeOf(operation).record?.({ started, owner, caller: owner })
    const scene = { started, owner, caller: owner }
    const { send } = requestOf(operation, scene, { id })
    const call = callOf(operation, id)
    const { body, headers = {} } = send
    const documented: Array<{ name: string; in: string }> =
      document.paths[operation.path.replace('/api/v2', '')][operation.method.toLowerCase()]
        .parameters ?? []
    const names = documented.filter((one) => one.in === 'query').map(({ name }) => name)
    const known = new URLSearchParams(recipeOf(operation).query).toString()
    const unknown = recipeOf(operation).isOpen ? [] : ['nonsense', 'owner_id[]', '__proto__']
    await refuses(t, started, by(operation, owner), [
      ...unknown.map((name) =>
        invalid(
          { call: `${call}?${name}=1${known && `&${known}`}`, body, headers },
          {
            in: 'query',
            parameter: name.replace('[]', ''),
            code: 'unknown_parameter',
            detail: `"${name.replace('[]', '')}" is not a parameter of this path`,
          },
        ),
      ),
      ...names.map((name) =>
        unacceptable(
          { call: `${call}?${name}=1&${name}=1`, body, headers },
          new RegExp(`(^|; )${name} is given more than once`),
        ),
      ),
    ])
  }
})

await test('S51 S58 S60 what is no id is refused before it is looked for', async (t) => {
  const { started, operations } = await open(t)
  const owner = await started.as('owner')
  const named = operations.filter(({ path }) => path.includes('{id}'))
  t.ok(named.length >= 4)
  for (const operation of named) {
    const scene = { started, owner, caller: owner }
    const { body } = requestOf(operation, scene, { id: 1 }).send
    const call = callOf(operation, '{id}')
    const isNumber = typeof recipeOf(operation).absent === 'number'
    await refuses(t, started, owner, [
      ...(isNumber ? badIds([{ call, body }]) : noSessionIds(call)),
      ...[tooLong(call), ...unreadable(call)].map((row) => ({ ...row, body })),
    ])
  }
})

await test('S29 a token anywhere but in its place is no token', async (t) => {
  const { started, operations } = await open(t)
  const { accessToken } = await started.as(newName())
  for (const operation of operations.filter(({ access }) => access === 'access_token')) {
    const call = callOf(operation)
    await refuses(
      t,
      started,
      undefined,
      ['access_token', 'token', 'authorization'].map((name) => ({
        call,
        query: { [name]: accessToken },
        status: 401,
        code: 'token_missing',
        message: 'Missing token',
      })),
    )
  }
})

const at = (path: string) => path.replace(/\{\w+\}/, '1')

await test('S65 another method is a 405 that says which there are', async (t) => {
  const { started, operations } = await open(t)
  const { request } = started
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const methods = operations.filter((one) => one.path === path).map(({ method }) => method)
    const allow = [...methods, 'OPTIONS', ...(methods.includes('GET') ? ['HEAD'] : [])]
    for (const method of ['PUT', 'TRACE']) {
      const reply = await request(method, at(path))
      t.match(reply, {
        status: 405,
        body: { code: 'method_not_allowed', instance: at(path) },
      })
      t.equal(reply.headers['allow'], [...new Set(allow)].toSorted().join(', '), path)
    }
  }
})
