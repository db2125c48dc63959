import { array, assert, asyncProperty, constantFrom, nat } from 'fast-check'
import { test } from 'tap'
import { type Message, messages } from '../../client/src/sse.ts'

const parse = (parts: string[]): Promise<Message[]> =>
  Array.fromAsync(
    messages(
      (async function* all() {
        yield* parts
      })(),
    ),
  )

await test('a stream is read as the WHATWG says', async (t) => {
  const cases: Array<[text: string, ...read: Message[]]> = [
    ['data: a\n\n', { data: 'a' }],
    ['data:a\ndata\ndata:  b\n\n', { data: 'a\n\n b' }],
    ['event: x\r\nid: 1\r\ndata: {}\r\n\r\n', { id: '1', data: '{}' }],
    ['id\rdata: a\r\rdata: b\r\r', { id: '', data: 'a' }, { data: 'b' }],
    [': here\nid: 7\n\n', { id: '7', data: '' }],
    ['id: 1\0\nretry: 1s\nnone\ndata: a: b\n\n', { data: 'a: b' }],
    ['retry: 250\n\n', { retry: 250, data: '' }],
    ['data: never finished\n'],
  ]
  for (const [text, ...read] of cases) t.strictSame(await parse([text]), read, JSON.stringify(text))
})

await test('how a stream is cut into pieces makes no difference', async (t) => {
  const piece = constantFrom('\n', '\r', '\r\n', 'data: a', 'data:é', 'id: 1', ':', 'retry: 5')
  await assert(
    asyncProperty(array(piece), array(nat(3)), async (lines, cuts) => {
      const text = `${lines.join('')}\n\n`
      const parts: string[] = []
      let at = 0
      for (const cut of cuts) parts.push(text.slice(at, (at += cut)))
      t.strictSame(await parse([...parts, text.slice(at)]), await parse([text]))
    }),
  )
})
