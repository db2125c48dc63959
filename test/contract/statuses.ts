import { globSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type Document, pathOf, VERSIONS, type VersionName } from './documents.ts'
import { MET, root } from './met.ts'

/**
 * After the suite (`posttest`): every status that the documents promise must have come in some test, or they promise what nobody has
 * seen. With `--forget`, before it (`pretest`): what earlier runs met does not count. Only the whole suite is judged.
 */
function documented(version: VersionName): string[] {
  const text = readFileSync(root + pathOf(version), 'utf8')
  const { servers, paths }: Document = JSON.parse(text)
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.keys(responses).map(
        (status) => `${method.toUpperCase()} ${servers[0]?.url}${path} ${status}`,
      ),
    ),
  )
}

function judge() {
  const ran = new Set(readdirSync(MET).map(decodeURIComponent))
  const suite = globSync('test/**/*.test.ts', { cwd: root })
  if (suite.some((file) => !ran.has(file))) {
    console.log(
      `${ran.size} of ${suite.length} test files ran: documented statuses are not judged.`,
    )
    return
  }
  const met = new Set(
    readdirSync(MET).flatMap((file) => readFileSync(`${MET}${file}`, 'utf8').split('\n')),
  )
  const promised = VERSIONS.flatMap(documented)
  const unseen = promised.filter((reply) => !met.has(reply))
  console.log(`${promised.length - unseen.length} of ${promised.length} documented replies came.`)
  if (unseen.length === 0) return
  console.error(`No test produced these:\n${unseen.map((reply) => `  ${reply}`).join('\n')}`)
  process.exitCode = 1
}

if (process.argv.includes('--forget')) {
  rmSync(MET, { recursive: true, force: true })
  mkdirSync(MET, { recursive: true })
} else judge()
