import { Type, type Static } from 'typebox'
import { capacities } from '../../../domain/policy.ts'
import type { Operation as Registered } from '../../plugins/operations.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const ROLES = ['user', 'moderator', 'admin'] as const
const ACCESS = {
  public: 'none',
  optional: 'optional',
  user: 'access_token',
  refresh: 'refresh_token',
  rotation: 'refresh_token',
  session: 'any_token',
} as const

const someOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Array(Type.Unsafe<T>({ type: 'string', enum: [...values] }), { description })

export const Operation = Component(
  'Operation',
  Type.Object({
    operation_id: Type.String({ description: 'The `operationId` in the document of its version.' }),
    version: Type.Integer({ minimum: 1, maximum: 2, description: 'The version of the API.' }),
    method: Type.String({ description: 'The method.' }),
    path: Type.String({ description: 'The path, as in the document.' }),
    access: Type.Unsafe<(typeof ACCESS)[keyof typeof ACCESS]>({
      type: 'string',
      enum: [...new Set(Object.values(ACCESS))],
      description:
        'The token that it needs. `none` ignores one, `optional` lets people in without, `any_token` takes both.',
    }),
    roles: someOf(ROLES, 'The roles that may call it.'),
    record: Type.Union(
      [
        Type.Array(
          Type.Unsafe<'owner' | 'moderator' | 'admin'>({
            type: 'string',
            enum: ['owner', 'moderator', 'admin'],
          }),
        ),
        Type.Null(),
      ],
      { description: 'Who may act on the record that it names; null when that does not matter.' },
    ),
    fresh: Type.Boolean({ description: 'Whether the session must be fresh.' }),
    fresh_members: Type.Array(Type.String(), {
      description: 'Members of the body that need a fresh session.',
    }),
  }),
  {
    description: 'What one operation needs.',
    examples: [
      {
        operation_id: 'deleteMe',
        version: 2,
        method: 'DELETE',
        path: '/api/v2/me',
        access: 'access_token',
        roles: ['user', 'moderator', 'admin'],
        record: null,
        fresh: true,
        fresh_members: [],
      },
    ],
  },
)

export const OperationList = Component(
  'OperationList',
  Type.Object({ data: Type.Array(Ref(Operation)) }),
  {
    description: 'Every operation of both versions.',
    examples: [{ data: [...Operation.examples] }],
  },
)

export const presentOperation = ({
  id,
  version,
  method,
  path,
  config: { access = 'user', roles = ROLES, permission, fresh },
}: Registered): Static<typeof Operation> => ({
  operation_id: id,
  version,
  method,
  path,
  access: ACCESS[access],
  roles: [...roles],
  record: permission === undefined ? null : [...capacities(permission)],
  fresh: fresh === true,
  fresh_members: Array.isArray(fresh) ? [...fresh] : [],
})
