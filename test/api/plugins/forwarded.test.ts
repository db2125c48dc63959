import { test } from 'tap'
import { exchange, frame } from './frame.ts'

/** What the app takes for the caller of a request from a proxy on the loopback, of which it also trusts 10.0.0.0/8. */
async function asker(
  t: Parameters<typeof frame>[0],
  header: string,
  proxies = 'loopback,10.0.0.0/8',
) {
  const env = { TRUST_PROXY: proxies, TRUST_PROXY_HEADER: header, RATE_LIMITS: 'on' }
  const app = await frame(
    t,
    (routes) => {
      routes.get('/ip', async (request) => ({ ip: request.ip }))
    },
    { env },
  )
  return async (...lines: string[]) => {
    const head = ['GET /ip HTTP/1.1', 'Host: x', 'Connection: close', ...lines]
    const reply = await exchange(app, `${head.join('\r\n')}\r\n\r\n`)
    return /"ip":"([^"]*)"/.exec(reply)?.[1]
  }
}
const PEER = '127.0.0.1'
const CALLER = '203.0.113.10'
const V6 = '2001:db8::7'

await test('S88 S66 a trusted proxy may write ports and brackets into X-Forwarded-For', async (t) => {
  const ask = await asker(t, 'x-forwarded-for')
  const cases: Array<[field: string, caller: string]> = [
    [`${CALLER}:51234, 10.0.0.1:443`, CALLER],
    [`${CALLER}:51234`, CALLER],
    [`1.2.3.4:1, ${CALLER}:51234 ,\t10.0.0.1`, CALLER],
    [`[${V6}]:443, 10.0.0.1:443`, V6],
    [`[${V6}]`, V6],
    [V6, V6],
    [`::ffff:${CALLER}`, `::ffff:${CALLER}`],
    [`, ${CALLER}:1,, 10.0.0.1,`, CALLER],
    ['10.0.0.2:1, 10.0.0.1:443', '10.0.0.2'],
    // What is no address is nobody's: the caller is who is known last.
    [`${CALLER}, unknown, 10.0.0.1:443`, '10.0.0.1'],
    [`unknown, ${CALLER}`, CALLER],
    ['unknown', PEER],
    [`${CALLER}:port`, PEER],
    [`[${CALLER}]:80`, PEER],
    [`[${V6}`, PEER],
    ['203.0.113.010', PEER],
    ['fe80::1%eth0', PEER],
    [`for=${CALLER}`, PEER],
    ['', PEER],
    [',', PEER],
  ]
  for (const [field, caller] of cases)
    t.equal(await ask(`X-Forwarded-For: ${field}`), caller, field)
  t.equal(
    await ask('X-Forwarded-For: 1.2.3.4:5', `X-Forwarded-For: ${CALLER}:5`),
    CALLER,
    'two lines',
  )
  t.equal(await ask(`Forwarded: for=${CALLER}`), PEER, 'the other header is ignored')
  t.equal(await ask(`Forwarded: for=1.2.3.4`, `X-Forwarded-For: ${CALLER}`), CALLER)
})

await test('S88 Forwarded counts in its place, where that is what the proxies write', async (t) => {
  const ask = await asker(t, 'forwarded')
  const cases: Array<[field: string, caller: string]> = [
    [`for=${CALLER}`, CALLER],
    [`For="${CALLER}:51234";proto=https;by=10.0.0.1, for="10.0.0.1:443"`, CALLER],
    [`proto=http; FOR="[${V6}]:4711" , for=10.0.0.1`, V6],
    [`for="[${V6}]"`, V6],
    [`for="\\${CALLER}"`, CALLER],
    [`for="${CALLER}:_port"`, CALLER],
    [`for=1.2.3.4, for=${CALLER};host="a, for=1.2.3.4; b"`, CALLER],
    [`for=${CALLER}:80, for=[fd00::1]:80`, 'fd00::1'],
    [`;for=${CALLER};;`, CALLER],
    ['for=_hidden, for=10.0.0.1', '10.0.0.1'],
    [`for=_SEVKISEK, for=${CALLER}`, CALLER],
    ['for=unknown', PEER],
    [`for=${CALLER}, proto=https`, PEER],
    [`for=${CALLER};for=1.2.3.4`, PEER],
    [`for="${CALLER}`, PEER],
    [`for=${CALLER} 1.2.3.4`, PEER],
    [`for==${CALLER}`, PEER],
    [CALLER, PEER],
    ['', PEER],
  ]
  for (const [field, caller] of cases) t.equal(await ask(`Forwarded: ${field}`), caller, field)
  t.equal(await ask('Forwarded: for=1.2.3.4', `Forwarded: for=${CALLER}`), CALLER, 'two lines')
  t.equal(await ask(`X-Forwarded-For: ${CALLER}`), PEER, 'the other header is ignored')
  t.equal(await ask(`X-Forwarded-For: 1.2.3.4`, `Forwarded: for=${CALLER}`), CALLER)
  t.equal(await ask(`Forwarded: ${'for=a;'.repeat(2000)}`), PEER)
})

await test('S88 S66 from anybody else neither counts', async (t) => {
  for (const header of ['x-forwarded-for', 'forwarded']) {
    const ask = await asker(t, header, '10.0.0.0/8')
    t.equal(await ask(`X-Forwarded-For: ${CALLER}`, `Forwarded: for=${CALLER}`), PEER, header)
  }
})
