import { spawn } from 'node:child_process'
import { once } from 'node:events'

export type Command = [file: string, ...args: string[]]
export interface Where {
  cwd: string
  env: NodeJS.ProcessEnv
}

/** Why a row is red, in the words of the program that failed. */
export class Failed extends Error {
  readonly output: string

  constructor(command: Command, how: string, output: string) {
    super(`\`${command.join(' ')}\` ${how}`)
    this.output = output
  }
}

/** A program that is not on this machine. */
export class Missing extends Error {}

const LONGEST_MS = 900_000

/** Runs a program to its end and answers what it wrote, on both streams. */
export async function run(command: Command, { cwd, env }: Where): Promise<string> {
  const [file, ...args] = command
  // A signal, not `timeout`: that one keeps the process alive when the program is not there.
  const signal = AbortSignal.timeout(LONGEST_MS)
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], signal })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code, killedBy]: Array<number | string | null> = await once(child, 'close')
  if (code !== 0) throw new Failed(command, `ended with ${code ?? killedBy}`, output)
  return output
}

/** What a program says of its version; `sentence` tells how to get it when there is none. */
export async function versionOf(command: Command, sentence: string, where: Where): Promise<string> {
  try {
    const output = await run(command, where)
    return /\d+(\.\d+)+/.exec(output)?.[0] ?? output.trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Missing(`\`${command[0]}\` is not on the PATH: ${sentence}`, { cause: error })
    throw error
  }
}
