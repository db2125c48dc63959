import type { Command } from 'commander'
import { RESOURCES } from '../domain/resources/index.ts'
import { enumerate } from '../base/text.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { readNewPassword } from './password.ts'
import { whole } from './whole-number.ts'

interface SeedOptions {
  seed: number
  users: number
  askPassword?: true
}

const MOST_USERS = 1000
const names = RESOURCES.map(({ called }) => `${called}s`)

export function addSeed(program: Command, { lasting, withBackend }: Context) {
  program
    .command('seed')
    .description(`fill the database with users, ${enumerate(names)} to try things with`)
    .option('--seed <number>', 'what everything follows from', whole(0, 2 ** 31 - 1), 42)
    .option('--users <count>', `1 to ${MOST_USERS}`, whole(1, MOST_USERS), 20)
    .option('--ask-password', 'set a password of your own for all seeded users')
    .addHelpText(
      'after',
      `
The same seed and number of users give the same data, times included. All seeded users share one password, which follows
from the seed and is printed. So anyone can find it out: production is seeded only with --ask-password, which reads the
password from a prompt or from standard input. Nothing is written when one of the usernames exists already.

Example:
  $ commonplace seed --seed 42 --users 20`,
    )
    .action(async ({ seed, users, askPassword }: SeedOptions) => {
      const { env, passwordMinLength } = await lasting()
      if (env === 'production' && !askPassword)
        throw new Failure(
          'Anyone can find out the password of seeded users: in production, give one with --ask-password.',
        )
      const { plant } = await import('./seed-plant.ts')
      const { makeSeed } = await import('./seed-data.ts')
      const made = makeSeed(seed, users, passwordMinLength)
      const password = askPassword ? await readNewPassword() : made.password
      const counts = await plant({ ...made, password }, withBackend)
      const written = RESOURCES.map(({ name, called }) => `${counts.get(name) ?? 0} ${called}s`)
      console.log(`Seeded ${users} users, ${enumerate(written)}.`)
      if (!askPassword)
        console.log(
          `Every seeded user, such as ${made.registrations[0]?.username}, has the password ${password}`,
        )
    })
}
