import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')
const document = join(folder, '../docs/security.md')

/** A promise of docs/security.md: its number, and the tests that it names. */
export interface Promised {
  number: string
  tests: string[]
}

/** Every test whose title begins with numbers of promises, as a line of the document: the file and the title. */
function shown(): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (const file of globSync('**/*.test.ts', { cwd: folder }).toSorted()) {
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, , title = ''] of text.matchAll(/\btest\(\s*([`'"])(S\d+ .*?)(?<!\\)\1/g))
      for (const number of /^(?:S\d+ )+/.exec(title)?.[0].trim().split(' ') ?? [])
        lines.set(number, [...(lines.get(number) ?? []), `test/${file}: ${title}`])
  }
  return lines
}

/** What the tests say of each number, and what the document says. */
export function promises(): { byTests: Promised[]; byDocument: Promised[] } {
  const text = readFileSync(document, 'utf8')
  const named = text.matchAll(/^\*\*(S\d+)\.\*\* .*\n(?:\n```text\n([\s\S]*?)```\n)?/gm)
  return {
    byTests: [...shown()].map(([number, tests]) => ({ number, tests })),
    byDocument: [...named].map(([, number = '', tests = '']) => ({
      number,
      tests: tests.split('\n').filter((line) => line !== ''),
    })),
  }
}

/** Writes the block of each promise anew. */
function write() {
  const lines = shown()
  const text = readFileSync(document, 'utf8').replaceAll(/\n```text\n[\s\S]*?\n```\n/g, '')
  const written = text.replaceAll(/^\*\*(S\d+)\.\*\* .*\n/gm, (promise: string, number: string) => {
    const tests = lines.get(number)
    return tests ? `${promise}\n\`\`\`text\n${tests.join('\n')}\n\`\`\`\n` : promise
  })
  writeFileSync(document, written)
}

if (import.meta.main) write()
