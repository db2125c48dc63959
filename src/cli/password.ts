import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Failure } from './failure.ts'

/** Bytes that are read in search of the end of the line; a password has at most 128 characters. */
const LONGEST_LINE = 4096

/**
 * A new password: asked for twice and without echo on a terminal, else the first line of standard input. Never an argument,
 * which every user of the machine can read in the list of processes.
 */
export async function readNewPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice() : await firstLine(process.stdin)
  if (password === '') throw new Failure('No password was given.')
  return password
}

async function askTwice() {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  // It turns the terminal's echo off, so it is there before the first prompt invites anyone to type.
  const lines = createInterface({
    input: process.stdin,
    output: silence,
    terminal: true,
    historySize: 0,
  })
  const abort = new AbortController()
  lines.once('close', () => abort.abort())
  const ask = async (prompt: string) => {
    process.stderr.write(prompt)
    try {
      return await lines.question('', { signal: abort.signal })
    } catch (error) {
      if (!abort.signal.aborted) throw error
      throw new Failure('Nothing was changed.')
    } finally {
      process.stderr.write('\n')
    }
  }

  try {
    const password = await ask('Password: ')
    if (password !== '' && (await ask('The same again: ')) !== password)
      throw new Failure('The two passwords differ: nothing was changed.')
    return password
  } finally {
    lines.close()
  }
}

async function firstLine(input: NodeJS.ReadStream) {
  let read = Buffer.alloc(0)
  for await (const chunk of input) {
    read = Buffer.concat([read, Buffer.from(chunk)])
    if (read.includes('\n')) break
    if (read.length > LONGEST_LINE) throw new Failure('The line on standard input is too long.')
  }
  const end = read.indexOf('\n')
  try {
    const line = end < 0 ? read : read.subarray(0, end)
    return new TextDecoder('utf-8', { fatal: true }).decode(line).replace(/\r$/, '')
  } catch {
    throw new Failure('The password on standard input is not UTF-8.')
  }
}
