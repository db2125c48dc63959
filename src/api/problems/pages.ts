import { ValidationFailed } from '../../base/errors.ts'
import { renderProblem } from '../problem.ts'
import { type Entry, HEADERS, type Section } from './entry.ts'
import { escape, layout } from './html.ts'
import { violations } from './violations.ts'

const REQUEST_ID = 'V1StGXR8_Z5jdHi6B-myTA'

/** A problem document, as the server writes it. */
interface Problem {
  type: string
  title: string
  status: number
  code: string
}
interface Topic extends Entry {
  problem: Problem
}
/** The path of each page, by its code. */
type Paths = ReadonlyMap<string, string>

/** Every page, as HTML, by its path: `/problems` and the `type` of each problem. */
export function renderPages(catalogue: Section[]): Map<string, string> {
  const chapters = catalogue.map(({ title, entries }) => ({
    title,
    topics: entries.map((entry) => ({ ...entry, problem: problemOf(entry) })),
  }))
  const topics = chapters.flatMap((chapter) => chapter.topics)
  const paths = new Map(topics.map(({ problem: { code, type } }) => [code, type]))

  const pages = new Map([['/problems', index(chapters, paths)]])
  for (const chapter of chapters)
    for (const topic of chapter.topics)
      pages.set(topic.problem.type, page(topic, chapter.topics, paths))
  return pages
}

/** The words and figures of a page are those of the reply. */
const problemOf = ({ error, instance }: Entry): Problem =>
  JSON.parse(renderProblem(error, instance, REQUEST_ID))

function index(chapters: Array<{ title: string; topics: Topic[] }>, paths: Paths) {
  const sections = chapters.map(
    ({ title, topics }) => `<section>
<h2>${escape(title)}</h2>
${topics.map((topic) => summary(topic, paths)).join('\n')}
</section>`,
  )
  return layout(
    'Problems of the Commonplace API',
    `<main>
<h1>Problems</h1>
<p>When version 2 of the API refuses a request or fails, it answers with a problem document (RFC 9457,
<code>application/problem+json</code>). Programs act on its <code>code</code>: there is one for each cause, and it stays the
same. <code>detail</code> is for people and may change. <code>type</code> leads to the page of the code. Give the
<code>request_id</code> to those who run the server when you ask them about a problem.</p>
${sections.join('\n')}
</main>`,
  )
}

function summary({ problem, cause, remedy }: Topic, paths: Paths) {
  return `<article>
<h3>${link(problem)} <span class="status">${statusOf(problem)}</span></h3>
<p>${prose(cause, paths, problem)}</p>
<p><strong>What to do:</strong> ${prose(remedy, paths, problem)}</p>
</article>`
}

function page(topic: Topic, chapter: Topic[], paths: Paths) {
  const { problem, error, cause, remedy, headers } = topic
  const related = chapter.filter((other) => other !== topic)
  return layout(
    `${problem.code} (${problem.status} ${problem.title})`,
    `<main>
<h1><code>${escape(problem.code)}</code></h1>
<p class="status">${statusOf(problem)}</p>
<h2>What happened</h2>
<p>${prose(cause, paths, problem)}</p>
<h2>What to do</h2>
<p>${prose(remedy, paths, problem)}</p>
${headers ? headerList(headers) : ''}
${error instanceof ValidationFailed ? violationTable() : ''}
<h2>Example</h2>
<pre><code>${escape(JSON.stringify(problem, null, 2))}</code></pre>
</main>
<footer><nav aria-labelledby="related">
<h2 id="related">Related problems</h2>
<ul>
${related.map((other) => `<li>${link(other.problem)}</li>`).join('\n')}
</ul>
</nav></footer>`,
  )
}

const headerList = (names: Array<keyof typeof HEADERS>) => `<h2>Headers of the reply</h2>
<dl>
${names.map((name) => `<dt><code>${name}</code></dt><dd>${escape(HEADERS[name])}</dd>`).join('\n')}
</dl>`

const violationTable = () => `<h2>Codes of violations</h2>
<table>
<caption>What <code>code</code> says in each item of <code>errors</code></caption>
<thead><tr><th scope="col">Code</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${Object.entries(violations)
  .map(([code, meaning]) => violationRow(code, meaning))
  .join('\n')}
</tbody>
</table>`

const violationRow = (code: string, meaning: string) =>
  `<tr><th scope="row"><code>${code}</code></th><td>${prose(meaning)}</td></tr>`

/** What is between backticks is code, and leads to its page if it has one other than that of `here`. */
function prose(text: string, paths?: Paths, here?: Problem) {
  return text
    .split('`')
    .map((part, i) => {
      if (i % 2 === 0) return escape(part)
      const type = paths?.get(part)
      return type === undefined || type === here?.type
        ? `<code>${escape(part)}</code>`
        : link({ code: part, type })
    })
    .join('')
}

const link = ({ code, type }: Pick<Problem, 'code' | 'type'>) =>
  `<a href="${escape(type)}"><code>${escape(code)}</code></a>`

const statusOf = ({ status, title }: Problem) => `${status} ${escape(title)}`
