import { readFile } from 'node:fs/promises'
import { test } from 'tap'
import { root } from '../contract/met.ts'
import { postmanFiles } from './files.ts'

await test('the collections are what the documents make of them', async (t) => {
  for (const [name, text] of await postmanFiles()) {
    const kept = await readFile(`${root}postman/${name}`, 'utf8').catch(() => '')
    t.ok(kept === text, `postman/${name}, else run: npm run postman`)
  }
})
