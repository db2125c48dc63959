// Loaded into every test process before its test. In JavaScript: else Node would load what strips types for this file alone.
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { registerHooks, setSourceMapsSupport, stripTypeScriptTypes } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

// tap reads the maps of all dependencies. Stripped types leave every position as it is: nothing here needs a map.
setSourceMapsSupport(false)

/** Node strips the types of each file in each process, a tenth of a short test. What it made of a text is kept. */
const kept = new URL('../node_modules/.cache/stripped/', import.meta.url)
mkdirSync(kept, { recursive: true })

registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/'))
      return next(url, context)
    return {
      format: 'module',
      source: stripped(readFileSync(new URL(url), 'utf8')),
      shortCircuit: true,
    }
  },
})

function stripped(text) {
  const name = createHash('sha256').update(process.version).update(text).digest('hex')
  const file = new URL(name, kept)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const source = stripTypeScriptTypes(text)
    const draft = new URL(`${name}.${process.pid}`, kept)
    writeFileSync(draft, source)
    renameSync(draft, file)
    return source
  }
}

// That it ran, for contract/statuses.ts. Not the threads and the children of a test, which have its arguments.
const [, file = ''] = process.argv
if (isMainThread && file.endsWith('.test.ts')) {
  const met = new URL('../node_modules/.cache/met/', import.meta.url)
  mkdirSync(met, { recursive: true })
  const root = fileURLToPath(new URL('..', import.meta.url))
  appendFileSync(fileURLToPath(met) + encodeURIComponent(relative(root, file)), '')
}
