import { enableCompileCache } from 'node:module'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * The real server, and beside it a histogram of how late a timer of 1 ms comes: all that holds the event loop up shows, and
 * nothing is subtracted, so an idle server has about 1 ms. A message of any kind answers with the figures and starts anew.
 */
enableCompileCache()
const { loadConfig } = await import('../src/config/index.ts')
const { serve } = await import('../src/serve.ts')

const MS = 1e6
const delay = monitorEventLoopDelay({ resolution: 1 })
await serve(loadConfig(process.env))
delay.enable()

process.on('message', () => {
  process.send?.({
    p50: delay.percentile(50) / MS,
    p99: delay.percentile(99) / MS,
    max: delay.max / MS,
  })
  delay.reset()
})
// The benchmark's end of the channel must not keep a server alive that was told to close.
process.channel?.unref()
