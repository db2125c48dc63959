// What drizzle-kit reads to generate migrations/sqlite: it runs this as CommonJS, and takes whatever table it exports.
import { liteKit } from '../../db/schema/column-kit.ts'
import { tables } from '../../db/schema/tables.ts'
import { ownedTables } from '../resources/index.ts'

module.exports = tables(liteKit, ownedTables)
