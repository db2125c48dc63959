import { MalformedRequest } from '../../base/errors.ts'

/** Passes bytes on as long as they are UTF-8. @throws MalformedRequest */
export async function* onlyUtf8(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decode = utf8Decoder()
  for await (const bytes of source) {
    decode(bytes)
    yield bytes
  }
  decode()
}

/** Decodes piece by piece; without bytes it ends. A byte order mark at the beginning is dropped. */
export function utf8Decoder() {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw new MalformedRequest('The file is not valid UTF-8')
    }
  }
}
