import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'

const folder = join(import.meta.dirname, '..')
/** The requirements that the product is held to are numbered; a test that shows one has its number in its name. */
const REQUIREMENTS = 78

await test('every security requirement has a test with its number', (t) => {
  const names = globSync('**/*.test.ts', { cwd: folder }).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    return [...text.matchAll(/\btest\(\s*[`'"]((?:S\d+ )+)/g)].map(([, numbers = '']) => numbers)
  })
  const shown = new Set(names.flatMap((numbers) => numbers.trim().split(' ')))
  const missing = Array.from({ length: REQUIREMENTS }, (_, i) => `S${i + 1}`).filter(
    (number) => !shown.has(number),
  )
  t.same(missing, [], 'without a test')
  const unknown = [...shown].filter((number) => Number(number.slice(1)) > REQUIREMENTS)
  t.same(unknown, [], 'numbers of no requirement')
  t.end()
})
