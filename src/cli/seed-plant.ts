import type { Actor } from '../base/actor.ts'
import { createHasher, type Hasher } from '../domain/accounts/hasher.ts'
import type { Backend } from '../domain/backend.ts'
import { systemClock } from '../base/clock.ts'
import { NotFound } from '../base/errors.ts'
import { RESOURCES } from '../domain/resources/index.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { patiently } from './patience.ts'
import { showProgress } from './progress.ts'
import type { Seed } from './seed-data.ts'

/**
 * Writes the data through the domain, with a clock that stands where the data says.
 * @returns how many of each resource, by its name
 * @throws Failure when one of the usernames exists; then nothing is written.
 */
export async function plant(seed: Seed, withBackend: Context['withBackend']) {
  const clock = settableClock()
  const hasher = hashOnce()
  const { password, registrations, entries } = seed
  const progress = showProgress(registrations.length + entries.length)
  const counts = new Map<string, number>()
  try {
    await withBackend(
      async (backend) => {
        await refuseKnown(
          backend,
          registrations.map(({ username }) => username),
        )
        const actors: Actor[] = []
        for (const { at, ...registration } of registrations) {
          clock.set(at)
          const account = await patiently(() =>
            backend.accounts.register({ ...registration, password }),
          )
          actors.push(actorOf(account))
          progress.step()
        }
        for (const entry of entries) {
          clock.set(entry.at)
          await write(backend, actors[entry.user]!, entry, clock.set)
          counts.set(entry.kind, (counts.get(entry.kind) ?? 0) + 1)
          progress.step()
        }
      },
      { clock, hasher },
    )
  } finally {
    progress.stop()
    await hasher.close()
  }
  return counts
}

async function write(
  { collections }: Backend,
  actor: Actor,
  entry: Seed['entries'][number],
  moveTo: (at: Date) => void,
): Promise<void> {
  const { table } = RESOURCES.find(({ name }) => name === entry.kind)!
  const records = collections.get(table)!
  const { id } = await patiently(() => records.create(actor, entry.value))
  if (!('edit' in entry) || !entry.edit) return
  const { at, ...changes } = entry.edit
  moveTo(at)
  await patiently(() => records.update(actor, id, changes))
}

async function refuseKnown({ accounts }: Backend, usernames: string[]) {
  const known: string[] = []
  for (const username of usernames) {
    const account = await accounts.findByName(username).catch(absent)
    if (account) known.push(account.username)
  }
  if (known.length === 0) return
  const more = known.length > 3 ? ` and ${known.length - 3} more` : ''
  throw new Failure(
    `The database has been seeded with this seed already, or has users of the same name: ${known.slice(0, 3).join(', ')}${more}.`,
  )
}

function absent(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error
}

/** Real time until it is set: the first signing key of a new database is of today. */
function settableClock() {
  let fixed: Date | undefined
  return {
    now: () => fixed ?? systemClock.now(),
    set(at: Date) {
      fixed = at
    },
  }
}

/** All seeded users have one password: hashing it once makes a thousand of them a matter of seconds. */
function hashOnce(): Hasher {
  const hasher = createHasher({ threads: 1 })
  let made: Promise<string> | undefined
  return { ...hasher, hash: (preHash, cost) => (made ??= hasher.hash(preHash, cost)) }
}

function actorOf({ id, username, role }: Pick<Actor, 'id' | 'username' | 'role'>): Actor {
  const origin = { ip: '', userAgent: undefined, requestId: 'seed' }
  return { id, username, role, sessionId: 'seed', origin }
}
