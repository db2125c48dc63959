import type { Command } from 'commander'
import type { KeyInfo } from '../domain/sessions/keys.ts'
import type { Context } from './context.ts'
import { patiently } from './patience.ts'
import { table } from './table.ts'

export function addKeys(program: Command, { withBackend }: Context) {
  const keys = program.command('keys').description('look after the keys that sign tokens')

  keys
    .command('list')
    .description('list the signing keys, without their private parts')
    .option('--json', 'as a JSON array')
    .addHelpText('after', '\nExample:\n  $ commonplace keys list')
    .action(({ json }: { json?: true }) =>
      withBackend(async (backend) => {
        const rows = (await backend.keys.list()).map(present)
        console.log(json ? JSON.stringify(rows, undefined, 2) : table(rows))
      }),
    )

  keys
    .command('rotate')
    .description('publish a new key, which signs in five minutes')
    .addHelpText(
      'after',
      `
Until then everyone who checks our tokens has had the time to read it. The old keys verify until their last token has
expired; nobody is logged out.

Example:
  $ commonplace keys rotate`,
    )
    .action(() =>
      withBackend(async (backend) => {
        const { kid, activatesAt } = await patiently(() => backend.keys.rotate())
        console.log(`Key ${kid} is published and signs from ${activatesAt.toISOString()}.`)
      }),
    )

  keys
    .command('rewrap')
    .description(
      'encrypt the private keys and second factors again, under the first value of SECRET_KEY',
    )
    .addHelpText(
      'after',
      `
To change SECRET_KEY: put the new value in front of the old one, separated by a comma, restart, and run this. Passwords
move by themselves, each at the next login of its user. Whoever drops the old value too early is told so: the server then
refuses to start, and says how many passwords and keys still need it.

Example:
  $ SECRET_KEY=new,old commonplace keys rewrap`,
    )
    .action(() =>
      withBackend(async (backend) => {
        const keyCount = await patiently(() => backend.keys.rewrap())
        const count = keyCount + (await patiently(() => backend.secondFactor.rewrap()))
        console.log(
          count > 0
            ? `Encrypted ${count} ${count === 1 ? 'secret' : 'secrets'} again.`
            : 'Everything is under the first value of SECRET_KEY already.',
        )
      }),
    )
}

function present({ kid, state, createdAt, activatesAt, retiresAt }: KeyInfo) {
  return {
    kid,
    state,
    created_at: createdAt.toISOString(),
    activates_at: activatesAt.toISOString(),
    retires_at: retiresAt?.toISOString() ?? null,
  }
}
