import { base, type Defaults } from './defaults.ts'

/** Without SECRET_KEY, `resolveSecret` gives development one of its own. */
export const development = { ...base } satisfies Defaults
