import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ok } from '../schemas/ref.ts'
import { OperationList, operationPresenterOf } from './schemas/authz.ts'

const authz: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/authz',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listOperations',
        summary: 'List what each operation needs',
        description:
          'Every operation of both versions with the token, the role, the record and the freshness that it needs: the same data that its checks are made from. They are asked in this order: the token, the input, role and freshness, whether the record is there (404), whose it is. A record that its owner alone may know of is absent to others.',
        tags: ['Meta'],
        response: { 200: ok(OperationList, 'The operations.') },
      },
    },
    async ({ backend }) => ({
      data: app.operations.map(operationPresenterOf(backend.access)),
    }),
  )
}

export default authz
