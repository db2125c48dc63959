export type Version = 'v1' | 'v2'

/** What every scenario of a version does, in its language. Each says `ok <step>` on a line of its own. */
export const STEPS: Record<Version, string[]> = {
  v1: [
    'register',
    'log in',
    'create',
    'list',
    'put',
    'not the owner',
    'refusal',
    'refresh',
    'delete',
    'log out',
    '401 after',
  ],
  v2: [
    'register',
    'log in',
    'create',
    'filter',
    'page',
    'patch with a tag',
    'stale tag',
    'validation problem',
    'not the owner',
    'refresh',
    'bulk',
    'export',
    'delete',
    'log out',
    '401 after',
  ],
}

/** The steps that a scenario did not report. A scenario that ends well but skips one has not shown what it should. */
export function missingSteps(version: Version, output: string): string[] {
  const reported = new Set(output.split('\n').map((line) => line.trimEnd()))
  return STEPS[version].filter((step) => !reported.has(`ok ${step}`))
}
