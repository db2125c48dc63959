import { base, type Defaults } from './defaults.ts'

/** SECRET_KEY and PUBLIC_URL have no default here: an operator must choose them. */
export const production = { ...base } satisfies Defaults
