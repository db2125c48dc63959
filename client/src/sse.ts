/** What was between two empty lines of a stream of server-sent events. */
export interface Message {
  id?: string
  /** Empty in a heartbeat, which tells an id only. */
  data: string
  retry?: number
}

/**
 * Reads a stream of server-sent events (WHATWG HTML, section 9.2.6), but for the names of events, which their data tell. Unlike others
 * this tells what has no data: a heartbeat moves the id on from which a stream can be resumed.
 */
export async function* messages(chunks: AsyncIterable<string>): AsyncGenerator<Message> {
  let rest = ''
  let afterCr = false
  let message: Partial<Message> = {}
  for await (const chunk of chunks) {
    if (chunk === '') continue
    // A CR at the end of one chunk may be the first half of a CRLF.
    const lines = (rest + (afterCr ? chunk.replace(/^\n/, '') : chunk)).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    afterCr = chunk.endsWith('\r')
    for (const line of lines) {
      if (line === '') {
        yield { ...message, data: message.data?.slice(1) ?? '' }
        message = {}
      }
      const [, name, value = ''] = /^(\w+):? ?(.*)$/.exec(line) ?? []
      if (name === 'data') message.data = `${message.data ?? ''}\n${value}`
      if (name === 'id' && !value.includes('\0')) message.id = value
      if (name === 'retry' && /^\d+$/.test(value)) message.retry = Number(value)
    }
  }
}
