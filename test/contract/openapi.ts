import { mkdir, writeFile } from 'node:fs/promises'
import { unannounced } from './breaking.ts'
import { keptText, pathOf, print, VERSIONS } from './documents.ts'
import { root } from './met.ts'
import { servedDocuments } from './served.ts'

/** `npm run openapi`: writes the served documents to openapi/. What breaks clients is not written unless the version says so. */
const documents = await servedDocuments()
await mkdir(`${root}openapi`, { recursive: true })
for (const version of VERSIONS) {
  const before = await keptText(version)
  const breaking =
    before === undefined ? [] : await unannounced(JSON.parse(before), documents[version])
  if (breaking.length === 0) {
    await writeFile(root + pathOf(version), print(documents[version]))
    continue
  }
  console.error(`${pathOf(version)} stays as it is: these changes break clients.
${breaking.map((change) => `  ${change}`).join('\n')}
Raise the first number of \`release\` in src/api/${version}/contract.ts, or take them back.`)
  process.exitCode = 1
}
