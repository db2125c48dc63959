import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { RouteNotFound } from '../../base/errors.ts'
import { catalogue } from './catalogue.ts'
import { CSP } from './html.ts'
import { renderPages } from './pages.ts'

/** The catalogue of errors as people read it: what the `type` of a problem document leads to. */
const problems: FastifyPluginAsync = async (app) => {
  const options = { config: { access: 'public' as const }, schema: { hide: true } }
  let pages: Map<string, string> | undefined

  /** All are written when the first is asked for. */
  function send(reply: FastifyReply, path: string) {
    pages ??= renderPages(catalogue)
    const page = pages.get(path)
    if (page === undefined) throw new RouteNotFound()
    return reply
      .headers({ 'content-security-policy': CSP, 'cache-control': 'public, max-age=3600' })
      .type('text/html; charset=utf-8')
      .send(page)
  }

  app.get('/problems', options, (_request, reply) => send(reply, '/problems'))
  app.get<{ Params: { code: string } }>('/problems/:code', options, (request, reply) =>
    send(reply, `/problems/${request.params.code}`),
  )
}

export default problems
