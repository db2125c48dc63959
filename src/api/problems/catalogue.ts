import { access } from './access.ts'
import type { Section } from './entry.ts'
import { providers } from './providers.ts'
import { records } from './records.ts'
import { requests } from './requests.ts'
import { server } from './server.ts'

/** Every code that a reply of v2 can carry, once. A test compares it with the error classes. */
export const catalogue: Section[] = [
  { title: 'The request', entries: requests },
  { title: 'Who is calling', entries: access },
  { title: 'Signing in through a provider', entries: providers },
  { title: 'The record', entries: records },
  { title: 'Limits and the server', entries: server },
]
