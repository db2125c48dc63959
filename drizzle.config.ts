import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: './src/domain/schema/sqlite.ts',
  out: './migrations/sqlite',
})
