import { createRequire } from 'node:module'
import type { dictionary } from '@zxcvbn-ts/language-common'

// Not state: a constant of the package, unpacked (15 ms, some MB) when the first password is chosen and not at every start.
let common: Set<string> | undefined

/** Whether the folded text is one of the most used passwords of the leaks that @zxcvbn-ts has counted. */
export function isCommonPassword(folded: string): boolean {
  common ??= load()
  return common.has(folded)
}

function load() {
  // `require`, because it is synchronous: a policy that returns promises would make every caller wait for this one moment.
  const lists: { dictionary: typeof dictionary } = createRequire(import.meta.url)(
    '@zxcvbn-ts/language-common',
  )
  // They are folded as they are: a test looks at each.
  return new Set(lists.dictionary['passwords-common'])
}
