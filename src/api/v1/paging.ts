import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from '../../base/schema.ts'

const MAX_OFFSET = 100_000

/** The query members of every list of v1. No `default`: Ajv would fill it in, the document would promise it twice. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 500,
      description: 'The size of a page, 100 unless given.',
      examples: [20],
    }),
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_OFFSET,
      description: 'How many records to skip, none unless given.',
      examples: [0],
    }),
  ),
}

interface PageQuery {
  limit?: number
  offset?: number
}

/** The query with the size and the place of the page that it means. */
export const paged = <T extends PageQuery>(query: T) => ({ limit: 100, offset: 0, ...query })

/** Says where the other pages are (`Link`, RFC 8288) and how many records there are in all. */
export function linkPages(
  request: FastifyRequest<{ Querystring: PageQuery }>,
  reply: FastifyReply,
  total: number,
) {
  const { limit, offset, ...filters } = paged(request.query)
  const link = (rel: string, to: number) => {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries({ ...filters, limit, offset: to }))
      query.set(name, String(value))
    return `<${request.routeOptions.url}?${query.toString()}>; rel="${rel}"`
  }
  const links = [link('first', 0)]
  if (offset > 0) links.push(link('prev', Math.max(0, Math.min(offset, total) - limit)))
  const next = offset + limit
  if (next < total && next <= MAX_OFFSET) links.push(link('next', next))
  reply.header('link', links.join(', ')).header('x-total-count', total)
}
