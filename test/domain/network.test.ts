import { test } from 'tap'
import { network } from '../../src/base/network.ts'

await test('S68 one caller is an IPv4 address or the /64 of an IPv6 one, however a proxy writes it', (t) => {
  const cases: Array<[ip: string, caller: string]> = [
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:5678', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['2001:db8:1:2::9', '2001:db8:1:2::'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    // What is no address at all is a caller by its text: it must not end a request.
    ['unknown:x', 'unknown:x'],
    ['', ''],
  ]
  for (const [ip, caller] of cases) t.equal(network(ip), caller, ip)
  t.end()
})
