import type { Clock } from '../../base/clock.ts'
import type { Ids } from '../../base/ids.ts'
import type { Secrets } from '../secrets.ts'

const PURPOSE = 'device'
const ID_BYTES = 16
/** Seconds that a device is known after a login: 180 days, as long as a network (see purge.ts). */
export const DEVICE_LIFE = 180 * 86_400
const MARK = /^(?<device>[\w-]{22})\.(?<expires>\d{10,11})\.(?<mac>[\w-]{1,64}\.[\w-]{43})$/

/** Whose mark it is: the account, and the hash of its password. */
interface Owner {
  id: number
  passwordHash: string
}

/**
 * Marks that a login leaves on a device (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"): they let nobody in, they show
 * that somebody was in. A mark is bound to the account and to its password of then, so that a new password ends them all. Nothing is
 * stored.
 */
export function createDevices({
  clock,
  ids,
  secrets,
}: {
  clock: Clock
  ids: Ids
  secrets: Secrets
}) {
  const text = ({ id, passwordHash }: Owner, device: string, expires: string) =>
    JSON.stringify([id, device, expires, passwordHash])

  return {
    mark(owner: Owner): string {
      const device = ids.bytes(ID_BYTES).toString('base64url')
      const expires = String(Math.floor(clock.now().getTime() / 1000) + DEVICE_LIFE)
      return `${device}.${expires}.${secrets.mac(PURPOSE, text(owner, device, expires))}`
    },
    /** @returns the id of the device; undefined when the mark is none of this account and its password of now, or too old */
    deviceOf(owner: Owner, mark: string): string | undefined {
      const { device = '', expires = '', mac = '' } = MARK.exec(mark)?.groups ?? {}
      const isMine =
        Number(expires) * 1000 > clock.now().getTime() &&
        secrets.hasMac(PURPOSE, text(owner, device, expires), mac)
      return isMine ? device : undefined
    },
  }
}
export type Devices = ReturnType<typeof createDevices>
