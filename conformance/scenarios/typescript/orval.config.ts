import { defineConfig } from 'orval'

export default defineConfig({
  commonplace: {
    input: 'document.json',
    output: { target: 'client/client.ts', client: 'fetch' },
  },
})
