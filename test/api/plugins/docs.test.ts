import Fastify from 'fastify'
import { test } from 'tap'
import docs from '../../../src/api/plugins/docs.ts'

await test('/docs is a page that runs under its own policy', async (t) => {
  const app = Fastify()
  await app.register(docs, { versions: ['v1', 'v2'] })
  const page = await app.inject('/docs')
  t.match(page.headers, {
    'content-type': /^text\/html/,
    'content-security-policy': /default-src 'none'; script-src 'self';/,
  })
  t.notMatch(
    page.body,
    /<script>|<style|style=|onload=/,
    'nothing inline, which the policy would stop',
  )

  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '')
  t.equal(files.length, 5)
  for (const url of files) {
    const file = await app.inject(url)
    t.match(file, { statusCode: 200, headers: { 'cache-control': 'public, max-age=3600' } }, url)
    t.not(file.rawPayload.length, 0)
  }
  const { body } = await app.inject('/docs/start.js')
  t.match(
    body,
    '{"name":"v1","url":"/api/v1/openapi.json"},{"name":"v2","url":"/api/v2/openapi.json"}',
  )
  t.match(body, 'persistAuthorization: true')
})
