import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { MalformedRequest, UnsupportedMediaType } from '../../base/errors.ts'
import { isTooDeep, MOST_LEVELS } from '../../domain/nesting.ts'
import { isBodyOptional } from './validation.ts'

/** JSON (RFC 8259) is the only body that is read, unless a scope adds a parser of its own; text/plain is not. */
export default fp(
  (app: FastifyInstance, _options, done) => {
    app.removeAllContentTypeParsers()
    readJson(app, 'application/json')
    done()
  },
  { name: 'body' },
)

/** Reads bodies of a media type that is JSON, in the scope of `app`. */
export function readJson(app: FastifyInstance, mediaType: string): void {
  // Refuses `__proto__` and `constructor.prototype`, escaped or not.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<Buffer>(mediaType, { parseAs: 'buffer' }, (request, bytes, parsed) => {
    const fault = refusal(request, bytes)
    if (fault) return parsed(fault)
    if (bytes.length === 0) return parsed(null, undefined)
    const text = bytes.toString()
    if (isTooDeep(text))
      return parsed(new MalformedRequest(`The body is nested deeper than ${MOST_LEVELS} levels`))
    void parseJson(request, text, (error, body) => {
      if (error) return parsed(new MalformedRequest('The body is not valid JSON'))
      // Fastify validates an absent body as null: a literal one would pass for absent.
      if (body === null) return parsed(new MalformedRequest('The body must not be null'))
      parsed(null, body)
    })
  })
}

function refusal(request: FastifyRequest, bytes: Buffer): Error | undefined {
  const charset = /;\s*charset="?([^";]*)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset.trim())) return new UnsupportedMediaType()
  // Clients send the content type with every request: an empty body is fine where a body need not be.
  if (bytes.length === 0 && needsBody(request)) return new MalformedRequest('The body is empty')
  return isUtf8(bytes) ? undefined : new MalformedRequest('The body is not valid UTF-8')
}

function needsBody({ method, routeOptions: { schema, config } }: FastifyRequest) {
  return schema?.body !== undefined && !isBodyOptional(method, config)
}
