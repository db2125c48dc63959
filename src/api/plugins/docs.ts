import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsync } from 'fastify'

/** The pages run their own scripts and call this server, nothing else. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  // The logo of Swagger UI is an image with a style sheet of its own.
  "style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Next to the entry file of the package, which is all that its `exports` would promise. */
const ASSETS = new URL('./static/', import.meta.resolve('@fastify/swagger-ui'))
const assets = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Commonplace API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/swagger-ui-standalone-preset.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

/**
 * "Try it out" sends what it is prefilled with, and Swagger UI takes every example for that: all filters at once, with a cursor of
 * another list and the tag of another record. Here what may be left out starts empty, and the example stays to be read.
 */
const EMPTY_OPTIONS = `const emptyOptions = {
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (document) => {
          const operations = Object.values(document.paths ?? {}).flatMap(Object.values)
          for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
            if (parameter.required || !('example' in parameter)) continue
            parameter.description += ' Example: \`' + parameter.example + '\`'
            delete parameter.example
          }
          return update(document)
        },
      },
    },
  },
}`

/** `persistAuthorization` keeps what the Authorize button was given over a reload. */
const start = (versions: string[]) => `${EMPTY_OPTIONS}

SwaggerUIBundle({
  dom_id: '#swagger-ui',
  urls: ${JSON.stringify(versions.map((name) => ({ name, url: `/api/${name}/openapi.json` })))},
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [emptyOptions],
  layout: 'StandaloneLayout',
  validatorUrl: null,
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
})
`

interface Options {
  /** The versions that the page offers, the first one first: `['v1']`. */
  versions: string[]
}

/**
 * Browsable documents at `/docs`. Of @fastify/swagger-ui we take the files alone: its plugin declares routes that say nothing
 * about access, and here such a route is private.
 */
const docs: FastifyPluginAsync<Options> = async (app, { versions }) => {
  const script = start(versions)
  const options = { config: { access: 'public' as const }, schema: { hide: true } }

  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', CSP)
    if (reply.statusCode < 400) reply.header('cache-control', 'public, max-age=3600')
  })
  app.get('/docs', options, (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE))
  app.get('/docs/start.js', options, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(script),
  )
  for (const [name, type] of Object.entries(assets))
    app.get(`/docs/${name}`, options, async (_request, reply) =>
      reply.type(type).send(await readFile(new URL(name, ASSETS))),
    )
}

export default docs
