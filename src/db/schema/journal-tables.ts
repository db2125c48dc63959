import type { Kit } from './column-kit.ts'

type Owner = ReturnType<ReturnType<Kit['integer']>['notNull']>

/** What is kept of writes beside their records: that they happened, what they answered, how far they came. */
export function journalTables(kit: Kit, ownerId: () => Owner) {
  /** What happened to records, in the order in which it was committed: its ids are what streams of events resume from. */
  const changes = kit.table('changes', {
    id: kit.longId(),
    /** `todo.updated` */
    type: kit.text('type').notNull(),
    resourceId: kit.integer('resource_id').notNull(),
    /** Of whom the record is or was. No foreign key: that a record went with its owner is told too. */
    userId: kit.integer('user_id').notNull(),
    at: kit.moment('at').notNull(),
  })
  /** Replies to requests with an Idempotency-Key, and before there is one, that such a request is running. */
  const idempotencyKeys = kit.table(
    'idempotency_keys',
    {
      /** A digest of the user, the method, the path and the key. */
      key: kit.text('key').primaryKey(),
      userId: ownerId(),
      /** A digest of the body that came with the key. */
      fingerprint: kit.text('fingerprint').notNull(),
      /** Names the request that is running; it alone may write the reply. */
      holder: kit.text('holder').notNull(),
      /** Of the reservation while it runs, then of the reply. */
      expiresAt: kit.moment('expires_at').notNull(),
      /** The HTTP status; absent while the request is running. */
      status: kit.integer('status'),
      /** JSON of those that the reply carried beside the ones that every reply has. */
      headers: kit.text('headers'),
      body: kit.text('body'),
    },
    (t) => [
      kit.index('idempotency_keys_user_id').on(t.userId),
      kit.index('idempotency_keys_expires_at').on(t.expiresAt),
    ],
  )
  /** How far the import of a large file has come: written with each batch, so that the next try goes on behind it. */
  const imports = kit.table(
    'imports',
    {
      id: kit.id(),
      userId: ownerId(),
      /** Which records it holds, by their table. */
      resource: kit.text('resource').notNull(),
      /** Of the whole file. */
      digest: kit.text('digest').notNull(),
      /** Records of the file that are done with, and what became of them. */
      rows: kit.integer('rows').notNull(),
      created: kit.integer('created').notNull(),
      rejected: kit.integer('rejected').notNull(),
      updatedAt: kit.moment('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('imports_user_id_resource_digest').on(t.userId, t.resource, t.digest),
      kit.index('imports_updated_at').on(t.updatedAt),
    ],
  )
  /**
   * What this database has been: the one without an end is its present. A restore, which takes it back, begins another one; so what was
   * given out before (entity tags, ids of events and of records) is not taken for what is given out now.
   */
  const timelines = kit.table('timelines', {
    id: kit.text('id').primaryKey(),
    /** Absent of the first one, and of one that began before there were any. */
    startedAt: kit.moment('started_at'),
    endedAt: kit.moment('ended_at'),
    /** The highest id of an event that may have been given out before it. */
    eventsAbove: kit.long('events_above').notNull(),
  })
  return { changes, idempotencyKeys, imports, timelines }
}
