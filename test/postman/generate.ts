import { mkdir, writeFile } from 'node:fs/promises'
import { root } from '../contract/met.ts'
import { postmanFiles } from './files.ts'

/** `npm run postman`: writes the collections and their environment to postman/, from the documents in openapi/. */
await mkdir(`${root}postman`, { recursive: true })
for (const [name, text] of await postmanFiles()) await writeFile(`${root}postman/${name}`, text)
