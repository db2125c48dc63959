import { Nullable, Type, type Static } from '../../../base/schema.ts'
import type { Policy } from '../../../domain/policy.ts'
import type { Operation as Registered } from '../../plugins/operations.ts'
import { Component, Ref } from '../../schemas/ref.ts'

const ROLES = ['user', 'moderator', 'admin'] as const
const CAPACITIES = ['owner', 'moderator', 'admin'] as const
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

export const RestrictedParameter = Component(
  'RestrictedParameter',
  Type.Object({
    name: Type.String({ description: 'The name of the query parameter.' }),
    roles: someOf(ROLES, 'The roles that may send it.'),
  }),
  {
    description: 'A query parameter that only some roles may send.',
    examples: [{ name: 'role', roles: ['admin'] }],
  },
)

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
        'The token that it needs; 401 when it is missing, not valid or of the other type. `none` takes no notice of a token, `optional` lets people in without one, `any_token` takes both types.',
    }),
    roles: someOf(
      ROLES,
      'The roles that may call it; 403 `insufficient_role` to others. Who needs no token needs no role.',
    ),
    record: Nullable(
      someOf(
        CAPACITIES,
        'Who may act on the record that it names: the owner (of an account: oneself), or whoever has that role. 403 to others: `not_owner`, or `insufficient_role` where not even the owner may. null when it does not matter whose the record is.',
      ),
    ),
    scope: Nullable(
      Type.String({
        description:
          'The scope that an API key needs; 403 `insufficient_scope` without it. null: no key can call it, or it needs nobody to be known.',
        examples: ['posts:write'],
      }),
    ),
    fresh: Type.Boolean({
      description:
        'Whether the session must be fresh; 403 `fresh_login_required` when it is not. An admin who deletes the account of someone else needs no fresh one, unless that is an admin, too.',
    }),
    fresh_for_admins: Type.Boolean({
      description:
        'Whether the session must be fresh when the record is the account of an admin, and not acted on as its owner: 403 `fresh_login_required` when it is not, `insufficient_scope` to any key.',
    }),
    fresh_members: Type.Array(Type.String(), {
      description: 'Members of the body that need a fresh session, likewise.',
    }),
    restricted_parameters: Type.Array(Ref(RestrictedParameter), {
      description:
        'Query parameters that only some roles may send; 403 `insufficient_role` to others, also to who needs no token.',
    }),
  }),
  {
    description: 'What one operation needs.',
    examples: [
      {
        operation_id: 'updatePost',
        version: 1,
        method: 'PUT',
        path: '/api/v1/posts/{id}',
        access: 'access_token',
        roles: [...ROLES],
        record: [...CAPACITIES],
        scope: 'posts:write',
        fresh: false,
        fresh_for_admins: false,
        fresh_members: [],
        restricted_parameters: [],
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

export const operationPresenterOf =
  ({ capacities, allowedByRole }: Policy) =>
  ({
    id,
    version,
    method,
    path,
    config: { access = 'user', roles = ROLES, permission, scope, fresh, restricted = {} },
  }: Registered): Static<typeof Operation> => ({
    operation_id: id,
    version,
    method,
    path,
    access: ACCESS[access],
    roles: [...roles],
    record: permission === undefined ? null : [...capacities(permission)],
    scope: scope ?? null,
    fresh: fresh === true || fresh === 'own',
    fresh_for_admins: permission?.startsWith('user.') === true,
    fresh_members: Array.isArray(fresh) ? [...fresh] : [],
    restricted_parameters: Object.entries(restricted).map(([name, rule]) => ({
      name,
      roles: ROLES.filter((role) => allowedByRole({ role }, rule)),
    })),
  })
