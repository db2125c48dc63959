import { execFileSync } from 'node:child_process'
import { unannounced } from './breaking.ts'
import { type Document, pathOf, VERSIONS, type VersionName } from './documents.ts'
import { root } from './met.ts'
import { servedDocuments } from './served.ts'

/**
 * `npm run openapi:diff -- <revision>`: fails when the served documents break clients of the documents of an earlier revision (HEAD
 * unless another is named) and their versions do not say so.
 */
const [revision = 'HEAD'] = process.argv.slice(2)
const documents = await servedDocuments()
for (const version of VERSIONS) {
  const before = keptIn(revision, version)
  if (!before) {
    console.log(`${version}: ${revision} has no document to compare with`)
    continue
  }
  const breaking = await unannounced(before, documents[version])
  for (const change of breaking) console.error(`${version}: ${change}`)
  if (breaking.length === 0) console.log(`${version}: breaks no client of ${revision}`)
  else process.exitCode = 1
}

function keptIn(commit: string, version: VersionName): Document | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const path = git('ls-tree', '--name-only', commit, '--', pathOf(version)).trim()
  return path === '' ? undefined : JSON.parse(git('show', `${commit}:${path}`))
}
