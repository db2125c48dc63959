import type { Columns } from '../../transfer/columns.ts'
import { type AnyResource, camel } from '../resource.ts'
import type { Values } from './model.ts'

/** A record on the wire. @param record has `username`, unless only owners read it */
export type Present = (record: Values) => Values

/** How a resource is shown: each record with its members in their order. */
export function presenterOf({ members, read }: AnyResource): Present {
  const parts = Object.entries(members).map(([name, { present }]) => ({
    name,
    inside: camel(name),
    present,
  }))
  const isOwned = read !== 'owner'
  return (record) => {
    const shown: Values = { id: record['id'] }
    for (const { name, inside, present } of parts) {
      if (isOwned && name === 'created_at')
        shown['user'] = { id: record['userId'], username: record['username'] }
      const held = record[inside]
      shown[name] = held !== null && present ? present(held) : held
    }
    return shown
  }
}

/** How a resource is shown in files: the same, with the owner in two members of its own. People read files: their order is kept. */
export function flatPresenterOf(resource: AnyResource): Present {
  const present = presenterOf(resource)
  if (resource.read === 'owner') return present
  return (record) => {
    const flat: Values = {}
    for (const [name, value] of Object.entries(present(record)))
      if (name === 'user') {
        flat['user_id'] = record['userId']
        flat['username'] = record['username']
      } else flat[name] = value
    return flat
  }
}

/** The names of the members of a record in a file. */
export const fileColumnsOf = ({ members, read }: AnyResource): string[] => [
  'id',
  ...Object.keys(members).flatMap((name) =>
    name === 'created_at' && read !== 'owner' ? ['user_id', 'username', name] : [name],
  ),
]

/** What the rows of a file of new records may have. */
export function importColumnsOf({ members, read, files }: AnyResource): Columns {
  const all = Object.entries(members)
  const given = all.flatMap(([name, { need, cell }]) =>
    need === 'never'
      ? []
      : [[name, { ...cell, ...(need === 'required' && { required: true }) }] as const],
  )
  const own = all.flatMap(([name, { need }]) => (need === 'never' ? [name] : []))
  return {
    members: Object.fromEntries(given),
    ignored: ['id', ...(read === 'owner' ? [] : ['user_id', 'username', 'user']), ...own],
    foreign: files?.foreign,
  }
}
