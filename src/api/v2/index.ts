import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../../config/schema.ts'
import openapi from '../plugins/openapi.ts'
import tokenCookies, { cookiePrefix } from '../plugins/token-cookies.ts'
import activity from './activity.ts'
import apiKeys from './api-keys.ts'
import archives from './archives.ts'
import auditEvents from './audit-events.ts'
import auth from './auth.ts'
import authz from './authz.ts'
import { contract } from './contract.ts'
import events from './events.ts'
import exports from './exports.ts'
import imports from './imports.ts'
import invitations from './invitations.ts'
import idempotency from './idempotency.ts'
import mailed from './mailed.ts'
import me from './me.ts'
import mergePatch from './merge-patch.ts'
import identities from './identities.ts'
import providers from './providers.ts'
import resource from './resource.ts'
import { eventsOf } from './schemas/events.ts'
import { schemasOf } from './schemas/resource.ts'
import sessions from './sessions.ts'
import tokens from './tokens.ts'
import totp from './totp.ts'
import userList from './user-list.ts'
import users from './users.ts'

/** The modern contract (wire.md, "v2"). */
const v2: FastifyPluginAsync<Config> = async (app, config) => {
  const schemas = app.backend.resources.map(schemasOf)
  const { Event: event, components } = eventsOf(schemas)
  await app.register(
    openapi,
    contract({ cookiePrefix: cookiePrefix(config), resources: schemas, events: components }),
  )
  await app.register(tokenCookies, config)
  const { publicUrl, corsOrigins } = config
  await app.register(auth, { publicUrl, corsOrigins, prefix: '/auth' })
  await app.register(mailed, { prefix: '/auth' })
  await app.register(tokens, { publicUrl, prefix: '/auth' })
  await app.register(apiKeys, { prefix: '/auth/api-keys' })
  await app.register(totp, { prefix: '/auth' })
  await app.register(providers, { publicUrl, corsOrigins, prefix: '/auth/providers' })
  await app.register(identities, { prefix: '/me/identities' })
  await app.register(sessions, { prefix: '/auth/sessions' })
  await app.register(archives, { prefix: '/me/exports' })
  await app.register(activity, { prefix: '/me/activity' })
  await app.register(invitations, { prefix: '/invitations' })
  await app.register(userList, { prefix: '/users' })
  await app.register(auditEvents, { prefix: '/audit-events' })
  await app.register(authz)
  await app.register(events, { schemas, event, prefix: '/events' })
  await app.register(exports, { schemas })
  await app.register(async (records) => {
    await records.register(mergePatch)
    await records.register(idempotency)
    await records.register(imports, { schemas })
    await records.register(me, { prefix: '/me' })
    for (const one of schemas)
      await records.register(resource, { schemas: one, prefix: `/${one.resource.table}` })
    await records.register(users, { prefix: '/users' })
  })
}

export default v2
