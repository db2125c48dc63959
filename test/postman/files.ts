import { print, VERSIONS } from '../contract/documents.ts'
import { collectionOf } from './collection.ts'
import { environment } from './environment.ts'

/** What is kept in postman/: the text of each file by its name. */
export async function postmanFiles(): Promise<Map<string, string>> {
  const files = new Map([['local.postman_environment.json', print(environment)]])
  for (const version of VERSIONS)
    files.set(`${version}.postman_collection.json`, print(await collectionOf(version)))
  return files
}
