import type { Config, Env } from '../config/index.ts'
import type { Backend } from '../domain/backend.ts'
import type { BackendOverrides } from '../open-backend.ts'
import { Failure } from './failure.ts'
import { patiently } from './patience.ts'

export type Context = ReturnType<typeof createContext>

/**
 * What the commands share. The configuration is read, and what needs it is loaded, when a command runs: help needs none of it, and
 * is there at once.
 */
export function createContext(env: Env) {
  async function config(): Promise<Config> {
    const { resolveSecret } = await import('../config/dev-secret.ts')
    const { loadConfig } = await import('../config/index.ts')
    return loadConfig(resolveSecret(env))
  }

  /** The configuration, for a command whose effect must outlive it. */
  async function lasting(): Promise<Config> {
    const loaded = await config()
    if (loaded.databaseUrl === 'sqlite::memory:')
      throw new Failure('DATABASE_URL is a database in memory, which ends with this command.')
    return loaded
  }

  /** @throws Failure when migrations are pending (PostgreSQL only: SQLite has them applied as it opens). */
  async function withBackend<T>(
    work: (backend: Backend) => Promise<T>,
    overrides: BackendOverrides = {},
  ): Promise<T> {
    const loaded = await lasting()
    const { openBackend } = await import('../open-backend.ts')
    const { backend, close } = await patiently(() => openBackend(loaded, overrides))
    try {
      if (!backend.ready) {
        const pending = (await backend.store.pending()).join(', ')
        throw new Failure(`The database lacks ${pending}: run commonplace migrate first.`)
      }
      return await work(backend)
    } finally {
      await close()
    }
  }

  return { config, lasting, withBackend }
}
