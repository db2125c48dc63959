import { CursorMismatch } from '../../base/errors.ts'
import type { Secrets } from '../secrets.ts'

/** A place between records, told by the one beside it: records may come and go, the place stays. */
export interface Position {
  /** What the list is sorted by, of that record. */
  key: string | number | Date
  id: number
}
export interface Cursor {
  towards: 'next' | 'prev'
  at: Position
}

/**
 * Cursors are opaque base64url. One holds the place alone; what it is good for (`list`: the resource, its sort, its filters, and
 * whose it is) is authenticated with it and not in it. It is no secret: it tells a record that its bearer has seen.
 */
export function createCursors(secrets: Pick<Secrets, 'mac' | 'hasMac'>) {
  return {
    seal(list: string, { towards, at }: Cursor): string {
      const place = JSON.stringify([towards, at.key, at.id])
      return encode(`${secrets.mac('cursor', `${list}\n${place}`)} ${place}`)
    },

    /** A key that is a Date comes back as its ISO 8601 text. @throws CursorMismatch unless `seal` made it for this very list. */
    open(list: string, cursor: string): Cursor {
      const text = Buffer.from(cursor, 'base64url').toString()
      const end = text.indexOf(' ')
      const place = text.slice(end + 1)
      // Decoding ignores what does not belong there: one spelling for each cursor, or an altered one would pass.
      if (
        encode(text) !== cursor ||
        !secrets.hasMac('cursor', `${list}\n${place}`, text.slice(0, end))
      )
        throw new CursorMismatch()
      const [towards, key, id] = JSON.parse(place) as [Cursor['towards'], string | number, number]
      return { towards, at: { key, id } }
    },
  }
}
export type Cursors = ReturnType<typeof createCursors>

const encode = (text: string) => Buffer.from(text).toString('base64url')
