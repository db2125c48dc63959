import { test } from 'tap'
import { createTemplates, inWords } from '../../src/domain/mail/templates.ts'
import { DEVICE, everyLetter, SITE } from './letters.ts'

/** What HTML says, in the order in which it is read, without spaces. */
const words = (text: string) => text.replaceAll(/\s+/g, '')
const said = (html: string) =>
  words(
    html
      .replace(/^[^]*<main>/, '')
      .replaceAll(/<dt>(.*?)<\/dt>/g, '$1: ')
      .replaceAll(/<p class="button"><a [^>]*>(.*?)<\/a><\/p>/g, '$1: ')
      .replaceAll(/<[^>]*>/g, ''),
  )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

for (const [kind, { text, html, subject }] of Object.entries(everyLetter())) {
  await test(`S94 the same facts in text and HTML, whence, and lines of a terminal: ${kind}`, (t) => {
    t.equal(said(html), words(text))
    t.match(text, SITE.replace('https://', ''), 'whence it comes')
    const long = text
      .split('\n')
      .filter((line) => line.length > 72 && !line.includes('x'.repeat(300)))
    for (const line of long) {
      t.match(line, /^https:\S+$/, 'only a link is longer than a line')
      t.ok(line.length <= 78, 'and fits a terminal of 80 columns')
    }
    const links = text.match(/^https:\S+$/gm) ?? []
    t.same([...new Set(html.match(/(?<=<a href=")[^"]+/g))], links)
    t.notMatch(text + html, /\d{4}-\d\d-\d\dT/, 'times are in words')
    if (/set a new password|\basks for\b/i.test(text)) t.match(text, /\/(r#|forgot-password$)/m)
    t.notMatch(text, /\blog in\b/, 'there is no page for that')
    t.match(html, /<meta name="viewport"/)
    t.ok(subject.length <= 60)
    t.end()
  })
}

await test('S94 a time is in words, with its zone', (t) => {
  t.equal(inWords(new Date('2026-11-30T20:47:36.731Z')), '30 November 2026 at 20:47 UTC')
  t.equal(inWords(new Date('2027-01-01T00:00:00Z')), '1 January 2027 at 00:00 UTC')
  t.end()
})

await test('S94 what a device calls itself is text, and whole', (t) => {
  const { newDevice } = everyLetter()
  t.ok(words(newDevice?.text ?? '').includes(words(DEVICE)))
  t.notMatch(newDevice?.html, '<b>')
  const templates = createTemplates('http://localhost:3000')
  const at = new Date()
  t.match(
    templates.newDevice({ username: 'al' }, { at, ip: '::1', userAgent: undefined }).text,
    /Device: not told/,
  )
  t.end()
})
