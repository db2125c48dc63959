import type { ForeignFormat } from '../transfer/columns.ts'

/** The library export of Goodreads: its columns, and which of them say something about the book. */
export const goodreads: ForeignFormat = {
  recognises: (names) => ['Book Id', 'Title', 'Author'].every((name) => names.includes(name)),
  /** What is empty is absent. */
  members(cells) {
    const cell = (name: string) => cells.get(name)?.trim() || undefined
    const isbn = isbnOf(cell('ISBN13')) ?? isbnOf(cell('ISBN'))
    const year = cell('Original Publication Year') ?? cell('Year Published')
    const review = cell('My Review')
    return {
      title: cell('Title'),
      author: cell('Author'),
      ...(isbn !== undefined && { isbn }),
      ...(year !== undefined && { published_year: /^-?\d{1,4}$/.test(year) ? Number(year) : year }),
      ...(review !== undefined && { description: review.replaceAll(/<br\s*\/?>/gi, '\n') }),
    }
  },
  /**
   * Takes the "=" away that Goodreads puts before the quotes of a cell, which is no CSV. Within a text that is in quotes the quotes stay
   * as they are, so what is a cell does not change.
   */
  async *csv(source) {
    let held = ''
    for await (const bytes of source) {
      // A character for each byte: all that is looked for is ASCII.
      const text = (held + Buffer.from(bytes).toString('latin1')).replaceAll(/([,\r\n])="/g, '$1"')
      held = /[,\r\n]=?$/.exec(text)?.[0] ?? ''
      yield Buffer.from(text.slice(0, text.length - held.length), 'latin1')
    }
    yield Buffer.from(held, 'latin1')
  },
}

/** Written as a formula (`="0441172717"`), so that spreadsheets keep its zeros. */
const isbnOf = (text?: string) => text?.replace(/^="?(.*?)"?$/, '$1') || undefined
