import { base, type Defaults } from './defaults.ts'

export const test = {
  ...base,
  databaseUrl: 'sqlite::memory:',
  // Published with the source, so production refuses it.
  secretKeys: ['commonplace-test-secret-published-with-the-source'],
  logLevel: 'silent',
  bcryptCost: 4,
  rateLimits: 0,
  // A test machine may stall; a 503 out of nowhere would be a test that fails by chance.
  maxEventLoopDelay: 0,
} satisfies Defaults
