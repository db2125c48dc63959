import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Env } from './index.ts'

/**
 * Gives development a SECRET_KEY of its own: the content of `file`, which the first start creates (mode 0600, git-ignored).
 * Any other environment, or a SECRET_KEY that is given, passes through as it is. To be called before `loadConfig`.
 */
export function resolveSecret(env: Env, file = 'data/secret.key'): Env {
  if (env['SECRET_KEY'] || (env['NODE_ENV'] || 'development') !== 'development') return env
  return { ...env, SECRET_KEY: read(file) ?? create(file) }
}

function read(file: string) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Written whole beside its place, then linked into it: of two starts one wins, and the other never reads half a key. */
function create(file: string) {
  mkdirSync(dirname(file), { recursive: true })
  const secret = randomBytes(48).toString('base64url')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(draft, file)
    return secret
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    return read(file)
  } finally {
    rmSync(draft)
  }
}

function isCode(error: unknown, code: string) {
  return error instanceof Error && 'code' in error && error.code === code
}
