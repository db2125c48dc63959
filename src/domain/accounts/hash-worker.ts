import { compareSync, hashSync } from 'bcryptjs'

/** What runs in the threads of the hasher: bcryptjs takes the whole thread for tens of milliseconds. */

const BCRYPT_HASH = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/

// bcrypt itself goes to 31, which is 45 hours of one thread: a row that someone wrote must not buy that.
const LOWEST = 4
const HIGHEST = 15

export interface HashTask {
  preHash: string
  cost: number
}

export interface CompareTask extends HashTask {
  stored: string | undefined
}

export function hash({ preHash, cost }: HashTask) {
  return hashSync(preHash, cost)
}

/**
 * Whether `stored` was made of `preHash`, after the work of one hash of `cost` at least, whatever `stored` is. bcrypt of cost n
 * works 2^n rounds, so a cheaper one is followed by one of each cost from its own up: 2^c + (2^c + 2^(c+1) + ... + 2^(n-1)) = 2^n.
 */
export function compare({ preHash, stored, cost }: CompareTask) {
  const storedCost = Number(BCRYPT_HASH.exec(stored ?? '')?.groups?.['cost'])
  if (stored === undefined || !(storedCost >= LOWEST && storedCost <= HIGHEST)) {
    hashSync(preHash, cost)
    return false
  }
  const same = compareSync(preHash, stored)
  for (let step = storedCost; step < cost; step++) hashSync(preHash, step)
  return same
}
