import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = fileURLToPath(new URL('../node_modules/.cache/fuzz/', import.meta.url))
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))

/** The program `name` of an environment with the packages of requirements.txt, which is made when they change. */
export function program(name: string): string {
  const home = join(CACHE, 'python')
  const stamp = join(home, 'requirements.sha256')
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    rmSync(home, { recursive: true, force: true })
    run('python3', '-m', 'venv', home)
    run(
      join(home, 'bin', 'python'),
      ...'-m pip install --quiet --disable-pip-version-check --no-input'.split(' '),
      ...'--require-hashes --only-binary :all: --requirement'.split(' '),
      REQUIREMENTS,
    )
    writeFileSync(stamp, wanted)
  }
  return join(home, 'bin', name)
}

function run(file: string, ...args: string[]) {
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) throw error
  if (status !== 0) throw new Error(`${file} ${args.slice(0, 3).join(' ')} exited with ${status}`)
}
