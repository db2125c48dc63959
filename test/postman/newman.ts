import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { VersionName } from '../contract/documents.ts'
import { root } from '../contract/met.ts'

interface Report {
  run: {
    stats: { assertions: { total: number; failed: number } }
    executions: Array<{ cursor: { ref: string }; assertions?: object[] }>
    failures: Array<{ source?: { name: string }; error: { test?: string; message: string } }>
  }
}
export interface Result {
  /** How many requests of the collection were answered, without those that its scripts send. */
  answered: number
  assertions: { total: number; failed: number }
  /** What failed, each as one line. */
  failures: string[]
}

/** Newman runs a collection with the environment as it is shipped, but for `variables`; all of it, or one folder. */
export async function runCollection(
  version: VersionName,
  variables: Record<string, string>,
  folder?: string,
): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), 'commonplace-postman-'))
  try {
    const file = join(scratch, 'report.json')
    await promisify(execFile)(
      process.execPath,
      [
        join(root, 'node_modules/newman/bin/newman.js'),
        'run',
        join(root, `postman/${version}.postman_collection.json`),
        `--environment=${join(root, 'postman/local.postman_environment.json')}`,
        ...Object.entries(variables).map(([key, value]) => `--env-var=${key}=${value}`),
        ...(folder === undefined ? [] : [`--folder=${folder}`]),
        '--reporters=json',
        `--reporter-json-export=${file}`,
        '--suppress-exit-code',
      ],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    const { run }: Report = JSON.parse(await readFile(file, 'utf8'))
    // What scripts send before a request has its reference.
    const answered = run.executions.filter(({ assertions }) => assertions)
    return {
      answered: new Set(answered.map(({ cursor }) => cursor.ref)).size,
      assertions: run.stats.assertions,
      failures: run.failures.map(
        ({ source, error }) => `${source?.name}: ${error.test ?? ''} ${error.message}`,
      ),
    }
  } finally {
    await rm(scratch, { recursive: true })
  }
}
