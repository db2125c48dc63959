/** A mail before it has an addressee. */
export interface Letter {
  subject: string
  text: string
  html: string
}
/** What the reader may follow. */
interface Link {
  label: string
  url: string
}
/** A paragraph, a link, or facts with their names. */
export type Block = string | Link | Array<[name: string, value: string]>

interface Content {
  subject: string
  /** The name of where it comes from. */
  site: string
  /** Of the reader, where they have an account. */
  username?: string
  blocks: Block[]
}

/** Characters of a line of text: what a terminal shows, quoted once or twice. */
const WIDTH = 72

/** The same words as plain text and as HTML. What users chose, such as their name, is escaped. */
export function letter({ subject, site, username, blocks }: Content): Letter {
  const greeting = username === undefined ? 'Hello,' : `Hello ${username},`
  const whence = `This mail comes from ${site}.`
  return {
    subject,
    text: `${[greeting, ...blocks, whence].map(asText).join('\n\n')}\n`,
    html: page(subject, [
      ...[greeting, ...blocks].map(asHtml),
      `<p class="quiet">${escape(whence)}</p>`,
    ]),
  }
}

function asText(block: Block): string {
  if (typeof block === 'string') return wrapped(block)
  if (!Array.isArray(block)) return `${block.label}:\n${block.url}`
  return block.map(([name, value]) => wrapped(`${name}: ${value}`)).join('\n')
}

/** Lines end between words: a word that is longer, such as an address, stays whole. */
const wrapped = (text: string) =>
  text.replaceAll(new RegExp(`(.{1,${WIDTH}})(?: |$)`, 'gu'), '$1\n').trimEnd()

function asHtml(block: Block): string {
  if (typeof block === 'string') return `<p>${escape(block)}</p>`
  if (!Array.isArray(block))
    return `<p class="button">${anchor(block.url, block.label)}</p>\n<p class="quiet">${anchor(block.url)}</p>`
  const facts = block.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)
  return `<dl>${facts.join('')}</dl>`
}

const anchor = (url: string, label = url) => `<a href="${escape(url)}">${escape(label)}</a>`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string) => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!)

/** As wide as the screen, and as dark as the reader's programs. Programs that leave out styles show plain text and links. */
const STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; background: #ffffff; color: #1c2330; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { display: block; max-width: 36em; margin: 0 auto; padding: 20px; overflow-wrap: anywhere; word-break: break-word; }
a { color: #0b57b7; }
dt { font-weight: bold; }
dd { margin: 0 0 8px; }
.button a { display: inline-block; padding: 10px 18px; border-radius: 6px; background: #0b57b7; color: #ffffff; font-weight: bold; text-decoration: none; }
.quiet { color: #535d6e; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #14181f; color: #e4e8ef; }
  a { color: #8ab8ff; }
  .button a { background: #8ab8ff; color: #14181f; }
  .quiet { color: #a3adbc; }
}`

const page = (title: string, parts: string[]) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main>
${parts.join('\n')}
</main>
</body>
</html>
`
