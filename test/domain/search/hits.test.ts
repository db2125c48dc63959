import { test } from 'tap'
import { createHits } from '../../../src/domain/search/hits.ts'
import { termsOf } from '../../../src/domain/search/terms.ts'
import { engine } from '../../database.ts'
import { openLibrary } from '../lists/library.ts'

await test(
  'the index is asked for what it can tell without reading through it',
  { skip: engine === 'postgres' && 'PostgreSQL has a planner' },
  async (t) => {
    const library = await openLibrary(t)
    const words = [
      'plum',
      'plumage',
      'plumages',
      'plumber',
      'plumb',
      ...Array.from({ length: 20 }, (_, i) => `preface${i}`),
    ]
    const add = words.map((content) => ({
      title: 'a',
      content,
      category: 'general',
      at: 0,
      isOther: false,
    }))
    await library.edit({ add })
    const asked: string[] = []
    const { store } = library
    const hits = createHits(
      {
        ...store,
        step: (statement, values) => {
          asked.push(String(values?.['match'] ?? values?.['from']).replaceAll('\u0001', '+'))
          return store.step(statement, values)
        },
      },
      'posts',
    )
    const found = async (query: string, most: number, tags: string[] = []) => {
      asked.length = 0
      const ids = await hits(termsOf(query), tags, most)
      return ids?.map((id) => library.kept().find((post) => post.id === id)?.content).join()
    }

    t.equal(await found('"plumb"', 9), 'plumb')
    t.strictSame(asked, ['"plumb"'])
    t.equal(await found('plum', 9), 'plumb,plumber,plumages,plumage,plum', 'the newest first')
    t.strictSame(asked, ['"plum"*'])
    t.equal(await found('plum', 4), undefined, 'too many')

    // Longer beginnings have no list of their own: few that share the first letters will do.
    t.equal(await found('plumage', 5), 'plumb,plumber,plumages,plumage,plum')
    t.strictSame(asked, ['"plum"*'])
    t.equal(await found('plumage', 4), 'plumages,plumage', 'the words that begin so')
    t.strictSame(asked, ['"plum"*', 'plumage', 'plumage+', 'plumages+', '"plumage" OR "plumages"'])
    t.equal(await found('plumed', 4), '', 'none does')
    t.equal(await found('preface1', 9), undefined, 'more words than are looked for')
    t.equal(await found('preface11', 9), 'preface11')

    t.equal(await found('a plumage', 4), 'plumages,plumage', 'the longest word is asked for first')
    t.equal(await found('a', 4, ['_u1']), undefined)
    t.equal(await found('a', 4, ['_u9']), '', 'nothing is marked so')
  },
)
