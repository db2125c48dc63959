import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { test } from 'tap'

const MOST = 6000

await test('a page that has the client is less than 6 kB larger', async (t) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../client/src/index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
  t.ok(bytes > 1000 && bytes < MOST, `${bytes} bytes`)
  t.comment(`${bytes} bytes with openapi-fetch, minified and compressed`)
})
