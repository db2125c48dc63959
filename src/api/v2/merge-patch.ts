import type { FastifyPluginAsync, preParsingHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { UnsupportedMediaType } from '../../base/errors.ts'
import { readJson } from '../plugins/body.ts'
import { addHook } from '../plugins/route-hook.ts'

const MERGE_PATCH = 'application/merge-patch+json'
const IS_MERGE_PATCH = /^\s*application\/merge-patch\+json\s*(?:;|$)/i

/** What a PATCH may come as: a JSON merge patch (RFC 7396), under its own name or as plain JSON. */
export const PATCH_TYPES = [MERGE_PATCH, 'application/json']

const refuse: preParsingHookHandler = (request, _reply, payload, done) => {
  const isPatch = IS_MERGE_PATCH.test(request.headers['content-type'] ?? '')
  done(isPatch ? new UnsupportedMediaType() : null, payload)
}

/** A parser is for a whole scope, where a patch is for one method: whatever else takes a body there refuses it. */
const mergePatch: FastifyPluginAsync = async (app) => {
  readJson(app, MERGE_PATCH)
  app.addHook('onRoute', (route) => {
    const takesBody = route.schema?.body !== undefined
    if (takesBody && route.method !== 'PATCH') addHook(route, 'preParsing', refuse)
  })
}

/** For the scopes whose routes are changed by PATCH: elsewhere the type is a 415. */
export default fp(mergePatch, { name: 'merge-patch' })
