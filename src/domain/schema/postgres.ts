// What drizzle-kit reads to generate migrations/postgres: it runs this as CommonJS, and takes whatever table it exports.
import { pgKit } from '../../db/schema/column-kit.ts'
import { tables } from '../../db/schema/tables.ts'
import { ownedTables } from '../resources/index.ts'

module.exports = tables(pgKit, ownedTables)
