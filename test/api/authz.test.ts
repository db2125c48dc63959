import { test, type Test } from 'tap'
import { and, lt, ne } from '../../src/db/drizzle.ts'
import type { Role } from '../../src/base/actor.ts'
import { SCOPES } from '../../src/domain/scopes.ts'
import { type Reply, start, type Started } from '../helper.ts'
import { keyOf } from './credentials.ts'
import { type Client, everything, unchanged } from './refusals.ts'
import { newName, OPEN_ACCOUNT, RECIPES, type Scene } from './recipes.ts'
import { nameOf, namesRecord, type Operation } from './requests.ts'
import { operationsOf, recipeOf, requestOf } from './requests.ts'
import { stale } from './stale.ts'

/**
 * Who calls. The owner is whose record it is; the suspended one would be, too. A `stranger` shows a token of the type that the
 * operation does not take. Two are programs of the owner: one has a key with the scope of the operation alone, one with all others.
 */
const CALLERS = [
  'anonymous',
  'owner',
  'other',
  'moderator',
  'admin',
  'suspended',
  'stranger',
  'keyed',
  'unscoped',
] as const
type Caller = (typeof CALLERS)[number] | 'stale' | 'staleAdmin'

const ROLES: Partial<Record<Caller, Role>> = {
  moderator: 'moderator',
  admin: 'admin',
  staleAdmin: 'admin',
}
const OWNERS = new Set<Caller>(['owner', 'suspended', 'stranger', 'stale', 'keyed', 'unscoped'])
const PROGRAMS = new Set<Caller>(['keyed', 'unscoped'])

interface Case {
  /** Whether what the request names is there. */
  isAbsent?: boolean
  /** Whether its owner is an admin. */
  isAdmins?: boolean
  parameter?: string
  member?: string
}

/** What `/authz` promises: `allowed`, or the status and the code of the refusal. Nothing here knows any operation. */
function promise(
  operation: Operation,
  caller: Caller,
  { isAbsent, isAdmins, parameter, member }: Case,
) {
  const { access, roles, record, scope, fresh, fresh_members: members } = operation
  const role = ROLES[caller] ?? 'user'
  const isKnown = access !== 'none' && caller !== 'anonymous'

  if (caller === 'anonymous' && access !== 'none' && access !== 'optional')
    return '401 token_missing'
  if (caller === 'suspended' && isKnown) return '401 token_revoked'
  if (caller === 'stranger' && isKnown && access !== 'any_token') return '401 token_type_invalid'
  if (PROGRAMS.has(caller) && (access === 'refresh_token' || access === 'any_token'))
    return '401 token_missing'
  if (isKnown && (caller === 'unscoped' || (caller === 'keyed' && scope === null)))
    return '403 insufficient_scope'
  if (isKnown && !roles.includes(role)) return '403 insufficient_role'
  const needsFresh = fresh || (member !== undefined && members.includes(member))
  const isStale = caller === 'stale' || caller === 'staleAdmin'
  if (isStale && needsFresh) return '403 fresh_login_required'
  if (caller === 'keyed' && needsFresh && !isAbsent) return '403 insufficient_scope'
  const restricted = operation.restricted_parameters.find(({ name }) => name === parameter)
  if (restricted && !(isKnown && restricted.roles.includes(role))) return '403 insufficient_role'
  if (isAbsent) return '404 not_found'
  if (record && !record.includes(role) && !(OWNERS.has(caller) && record.includes('owner')))
    return `403 ${record.includes('owner') ? 'not_owner' : 'insufficient_role'}`
  if (isStale && isAdmins && operation.fresh_for_admins) return '403 fresh_login_required'
  return 'allowed'
}

/** What came. v1 tells no codes, so there the promised one is taken for granted. */
function outcome({ status, body }: Reply, promised: string, beyond = '') {
  if (status < 400) return 'allowed'
  const [promisedStatus, promisedCode] = promised.split(' ')
  const code = body?.code ?? (String(status) === promisedStatus ? promisedCode : 'unknown')
  const got = `${status} ${code}`
  return got === beyond && got !== promised ? 'allowed' : got
}

/** Sends one request of a new owner's, from `caller`, and says what came of it. */
async function act(
  t: Test,
  started: Started,
  operation: Operation,
  caller: Caller,
  what: Case = {},
) {
  const { as, backend, request } = started
  const role = ROLES[caller] ?? 'user'
  // First, for time goes on meanwhile.
  const staleAdmin = caller === 'staleAdmin' ? await stale(started, newName(), 'admin') : undefined
  const owner =
    caller === 'stale'
      ? await stale(started, newName(), 'user')
      : await as(newName(), what.isAdmins ? 'admin' : 'user')
  const sender = OWNERS.has(caller) ? owner : (staleAdmin ?? (await as(newName(), role)))
  const scene: Scene = { started, owner, caller: caller === 'anonymous' ? undefined : sender }
  // Who confirms a password confirms their own.
  if (caller !== 'anonymous' && !namesRecord(operation)) scene.owner = sender
  const recipe = recipeOf(operation)
  const id = what.isAbsent ? recipe.absent : await recipe.record?.(scene)
  if (caller === 'suspended') await backend.accounts.setStatus(sender.id, 'suspended')

  const isProgram = PROGRAMS.has(caller)
  const token = isProgram ? undefined : scene.caller && tokenOf(sender, operation, caller)
  const { method, url, send } = requestOf(operation, scene, { id, token })
  if (isProgram)
    send.headers = { ...send.headers, 'x-api-key': await key(started, sender, operation, caller) }
  if (what.parameter !== undefined)
    send.query = { [what.parameter]: recipe.restricted?.[what.parameter] ?? '' }
  if (what.member !== undefined) send.body = { [what.member]: recipe.fresh?.[what.member] }

  let before = await everything(backend)
  if (before.users.length > 2 * BYSTANDERS) {
    await forget(started, owner)
    before = await everything(backend)
  }
  // Before: some links are good once.
  const head = method === 'GET' ? await request('HEAD', url, send) : undefined
  const reply = await request(method, url, send)
  const promised = promise(operation, caller, what)
  const about = `${nameOf(operation)}: ${caller}${JSON.stringify(what)}`
  if (reply.status >= 400) await unchanged(t, backend, before, about)
  t.notMatch(reply.text, /bcrypt|\$2[aby]\$|password_(hash|secret)|_key":/, `${about}: S50 no hash`)
  if (head) t.equal(head.status, reply.status, `${about}: HEAD as GET`)
  return { got: outcome(reply, promised, recipe.beyond), promised }
}

/** All that there is is compared after each refusal: of those who were here before, a few are enough to be hit by mistake. */
const BYSTANDERS = 16
async function forget({ backend: { store } }: Started, newest: Client) {
  const { users } = store.tables
  const isOld = and(lt(users.id, newest.id - BYSTANDERS), ne(users.username, OPEN_ACCOUNT.username))
  await store.transaction(function* (tx) {
    yield* tx.query((q) => q.delete(users).where(isOld))
  })
}

/** Of the scope that the operation needs, or of all others. */
async function key(started: Started, sender: Client, { scope }: Operation, caller: Caller) {
  const others = SCOPES.filter((one) => one !== scope)
  const scopes = caller === 'unscoped' ? others : scope ? [scope] : ['posts:read' as const]
  return (await keyOf(started, sender, scopes)).key
}

function tokenOf({ accessToken, refreshToken }: Client, { access }: Operation, caller: Caller) {
  return (access === 'refresh_token') === (caller === 'stranger') ? accessToken : refreshToken
}

async function open(t: Test) {
  // Nothing is sent: it only has to be set up.
  const started = await start(t, { env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
  // There is an admin, so others may cease to be one.
  await started.backend.accounts.register(OPEN_ACCOUNT, { role: 'admin' })
  return { started, operations: await operationsOf(started) }
}

await test('S44 an operation without an entry fails, and so does an entry without an operation', async (t) => {
  const { started, operations } = await open(t)
  t.strictSame(Object.keys(RECIPES).toSorted(), operations.map(nameOf).toSorted())
  for (const version of [1, 2]) {
    const { body } = await started.request('GET', `/api/v${version}/openapi.json`)
    const paths: Record<string, Record<string, { operationId: string }>> = body.paths
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) =>
        [operationId, method.toUpperCase(), `/api/v${version}${path}`].join(' '),
      ),
    )
    const told = operations
      .filter((operation) => operation.version === version)
      .map(({ operation_id: id, method, path }) => [id, method, path].join(' '))
    t.strictSame(told.toSorted(), documented.toSorted(), `v${version}: all that is documented`)
  }
})

await test('S44 S45 S50 what /authz says is what happens, whoever calls', async (t) => {
  const { started, operations } = await open(t)
  for (const operation of operations)
    await t.test(nameOf(operation), async (t) => {
      const cases = namesRecord(operation) ? [{}, { isAbsent: true }] : [{}]
      for (const what of cases) {
        const rows: Record<string, { got: string; promised: string }> = {}
        for (const caller of CALLERS) rows[caller] = await act(t, started, operation, caller, what)
        same(t, rows, what)
      }
    })
})

await test('S44 S49 a parameter that is for some roles is refused to all others', async (t) => {
  const { started, operations } = await open(t)
  t.ok(operations.some((operation) => operation.restricted_parameters.length > 0))
  for (const operation of operations)
    for (const { name: parameter } of operation.restricted_parameters) {
      const rows: Record<string, { got: string; promised: string }> = {}
      for (const caller of CALLERS)
        rows[caller] = await act(t, started, operation, caller, { parameter })
      same(t, rows, { operation: nameOf(operation), parameter })
    }
})

await test('S44 what needs a fresh session is refused in one that is not, and nothing else is', async (t) => {
  const { started, operations } = await open(t)
  for (const operation of operations) {
    const members = operation.fresh_members.map((member) => ({ member }))
    for (const what of [{}, ...members]) {
      const rows = {
        fresh: await act(t, started, operation, 'owner', what),
        stale: await act(t, started, operation, 'stale', what),
      }
      same(t, rows, { operation: nameOf(operation), ...what })
    }
  }
})

await test('S44 S86 what is an admin’s needs a fresh session where /authz says so', async (t) => {
  const { started, operations } = await open(t)
  t.ok(operations.some((operation) => operation.fresh_for_admins))
  for (const operation of operations.filter(({ record }) => record !== null)) {
    const what = { isAdmins: true }
    const rows = {
      admin: await act(t, started, operation, 'admin', what),
      staleAdmin: await act(t, started, operation, 'staleAdmin', what),
    }
    same(t, rows, { operation: nameOf(operation), ...what })
  }
})

function same(t: Test, rows: Record<string, { got: string; promised: string }>, about: object) {
  const columns = Object.entries(rows)
  t.strictSame(
    Object.fromEntries(columns.map(([caller, { got }]) => [caller, got])),
    Object.fromEntries(columns.map(([caller, { promised }]) => [caller, promised])),
    JSON.stringify(about),
  )
}
