import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { Document, Documents, VersionName } from './documents.ts'

/** What the app serves, in the order in which it serves it. */
export async function servedDocuments(): Promise<Documents> {
  const app = await buildApp(loadConfig({ NODE_ENV: 'test' }))
  try {
    const get = async (version: VersionName): Promise<Document> =>
      (await app.inject(`/api/${version}/openapi.json`)).json()
    return { v1: await get('v1'), v2: await get('v2') }
  } finally {
    await app.close()
  }
}
