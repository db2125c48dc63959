import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Document } from './documents.ts'
import { root } from './met.ts'

/** As much of the report of `redocly diff` as is looked at. */
interface Report {
  changes: Array<{ path: string; impact: string; verdicts: Array<{ message: string }> }>
}

/**
 * The changes from one document to the next that break clients and that its version does not announce: its first number is no higher
 * than before.
 */
export async function unannounced(base: Document, revision: Document): Promise<string[]> {
  return majorOf(revision) > majorOf(base) ? [] : breakingChanges(base, revision)
}

const majorOf = ({ info }: Document) => Number(info.version.split('.')[0])

/** Redocly says what breaks clients and what does not. */
async function breakingChanges(base: Document, revision: Document): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'commonplace-diff-'))
  const at = (name: string) => join(folder, name)
  try {
    await writeFile(at('base.json'), JSON.stringify(base))
    await writeFile(at('revision.json'), JSON.stringify(revision))
    await promisify(execFile)(
      process.execPath,
      [
        join(root, 'node_modules/@redocly/cli/bin/cli.js'),
        'diff',
        at('base.json'),
        at('revision.json'),
        `--config=${join(root, 'redocly.yaml')}`,
        '--format=json',
        `--output=${at('report.json')}`,
        '--fail-on=none',
      ],
      {
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      },
    )
    const { changes }: Report = JSON.parse(await readFile(at('report.json'), 'utf8'))
    return changes
      .filter(({ impact }) => impact === 'major')
      .map(({ path, verdicts }) => `${path}: ${verdicts.map(({ message }) => message).join(' ')}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}
