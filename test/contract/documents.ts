import { readFile } from 'node:fs/promises'
import { root } from './met.ts'

/** As much of an OpenAPI document as the programs here look at. */
export interface Document {
  info: { version: string }
  servers: Array<{ url: string }>
  paths: Record<string, Record<string, { responses: Record<string, object> }>>
}
export const VERSIONS = ['v1', 'v2'] as const
export type VersionName = (typeof VERSIONS)[number]
export type Documents = Record<VersionName, Document>

/** Where a document is kept, below the root of the project. */
export const pathOf = (version: VersionName) => `openapi/${version}.json`

/** The text of the kept document, or undefined when none is. */
export async function keptText(version: VersionName): Promise<string | undefined> {
  try {
    return await readFile(root + pathOf(version), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export const print = (document: object) => `${JSON.stringify(document, null, 2)}\n`
