import { test } from 'tap'
import { movableClock, start } from '../../helper.ts'
import { refused } from './session.ts'
import { browsers, providersOf, scene } from './signing-in.ts'

await test('a code that was spent stays spent where the clocks of nodes differ', async (t) => {
  const { provider, databaseUrl, clock, backend, goTo } = await scene(t)
  provider.state.says = { sub: '7' }
  const env = providersOf(provider.issuer)
  const late = browsers(await start(t, { databaseUrl, clock: movableClock(), env }))
  clock.advance(30)
  const { code, verifier } = await goTo(provider.visit)
  t.equal((await late.spend({ code, verifier })).status, 200)
  clock.advance(31)
  await backend.purge()
  refused(t, await late.spend({ code, verifier }), 422, 'link_invalid')
})
