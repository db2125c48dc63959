import { defineConfig } from '@hey-api/openapi-ts'

export default defineConfig({
  input: 'document.json',
  // Node resolves what is written.
  output: { path: 'client', importFileExtension: '.ts' },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
})
