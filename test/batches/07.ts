import { runBatch } from './batch.ts'

await runBatch(import.meta.filename)
