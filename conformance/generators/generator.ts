import type { Command } from '../commands.ts'
import type { Version } from '../steps.ts'
import type { Tool, Tools } from '../tools.ts'

/** One client of one generator for one version of the API, in a folder of its own. */
export interface Row {
  generator: Generator
  version: Version
  folder: string
  tools: Tools
}

export interface OpenApi {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, object> } }>>
}

export interface Fault {
  reason: string
  /** Paths of the smallest document. */
  paths: object
}

export interface Generator {
  name: string
  /** The pinned version of the generator. */
  release: string
  language: string
  needs: Tool[]
  /** The versions of the API for which a failure is our failure. */
  required: Version[]
  /** The document that is generated from: `openapi-3.0.json` where its support of 3.1 is at fault. */
  document: 'openapi.json' | 'openapi-3.0.json'
  /** How its clients are compiled, in words. */
  settings: string
  /** What whoever uses it should know. */
  notes?: string[]
  /** Faults of its own that are in its way, each with the smallest document that shows it. */
  faults?: Fault[]
  /** Takes out of a served document what a fault makes unusable, where it does. */
  adapt?: (document: OpenApi, version: Version) => OpenApi
  /** Files of `scenarios/` by their names in the folder of the row. Without `scenario.*` the client is compiled alone. */
  files: (version: Version) => Record<string, string>
  generate: (row: Row) => Command[]
  compile: (row: Row) => Command[]
  /** Each run gets the address of the server and a name for its users as further arguments. */
  run: (row: Row) => Command
}
