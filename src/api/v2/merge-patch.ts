import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { readJson } from '../plugins/body.ts'

const MERGE_PATCH = 'application/merge-patch+json'

/** What a PATCH may come as: a JSON merge patch (RFC 7396), under its own name or as plain JSON. */
export const PATCH_TYPES = [MERGE_PATCH, 'application/json']

const mergePatch: FastifyPluginAsync = async (app) => readJson(app, MERGE_PATCH)

/** For the scopes whose routes are changed by PATCH: elsewhere the type is a 415. */
export default fp(mergePatch, { name: 'merge-patch' })
