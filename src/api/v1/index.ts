import type { FastifyPluginAsync } from 'fastify'
import openapi from '../plugins/openapi.ts'
import books from './books.ts'
import { type Ageing, contract } from './contract.ts'
import me from './me.ts'
import posts from './posts.ts'
import sessions from './sessions.ts'
import todos from './todos.ts'
import users from './users.ts'

/** The plain contract (wire.md, "v1"). */
const v1: FastifyPluginAsync<Ageing> = async (app, ageing) => {
  await app.register(openapi, contract(ageing))
  await app.register(sessions)
  await app.register(me)
  await app.register(users, { prefix: '/users' })
  await app.register(posts, { prefix: '/posts' })
  await app.register(todos, { prefix: '/todos' })
  await app.register(books, { prefix: '/books' })
}

export default v1
