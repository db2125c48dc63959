export { createClient, type Client, type ClientOptions } from './client.ts'
export type { Event, EventOptions } from './events.ts'
export type { LoginOptions, Method, Result } from './methods.ts'
export type { All, AllOptions, Item, ListPath } from './pages.ts'
export { ProblemError, type ProblemCode, type Violation } from './problem.ts'
export type { components, paths } from './schema.ts'
export {
  memoryStorage,
  webStorage,
  type Tokens,
  type TokenStorage,
  type WebStorage,
} from './storage.ts'
