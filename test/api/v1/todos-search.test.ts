import { test } from 'tap'
import { start } from '../../helper.ts'

const TODOS = '/api/v1/todos'

await test('the search of to-dos', async (t) => {
  const { as } = await start(t)
  const alice = await as('alice')
  const found = async (search: string) => {
    const { body } = await alice.get(TODOS, { query: { search } })
    return body.todos.map(({ title }: { title: string }) => title)
  }
  const todos: Array<[title: string, description?: string]> = [
    ['Water the PLANTS'],
    ['Call home', 'about the plants'],
    ['Save 100% of it'],
    ['Save 100 more'],
    ['rename snake_case'],
    ['rename snakeXcase'],
    [String.raw`back\slash`],
    ['backslash'],
    ['Über die BRÜCKE', 'STRASSE'],
    ['ΟΔΥΣΣΕΙΑ lesen'],
    ['ﬁnd the full-width ＡＢＣ'],
    ['買い物 🐢'],
    ['it\'s "quoted" -- ; drop'],
    ['nothing', ''],
  ]
  for (const [title, description] of todos)
    await alice.post(TODOS, { title, ...(description !== undefined && { description }) })

  const plants = ['Water the PLANTS', 'Call home']
  const cases: Array<[promise: string, search: string, titles: string[]]> = [
    ['finds part of a title or a description', 'plant', plants],
    ['takes any case for the same', 'pLANTs', plants],
    ['also beyond ASCII', 'über', ['Über die BRÜCKE']],
    ['in both directions', 'ÜBER DIE brücke', ['Über die BRÜCKE']],
    ['in descriptions too', 'Strasse', ['Über die BRÜCKE']],
    ['in Greek', 'οδυ', ['ΟΔΥΣΣΕΙΑ lesen']],
    ['knows a sigma wherever it stands', 'ΟΔΥΣ', ['ΟΔΥΣΣΕΙΑ lesen']],
    ['knows compatibility forms', 'FIND THE full-width abc', ['ﬁnd the full-width ＡＢＣ']],
    ['finds one CJK character', '物', ['買い物 🐢']],
    ['finds an emoji', '🐢', ['買い物 🐢']],
    ['takes % for itself', '100%', ['Save 100% of it']],
    ['takes a lone % for itself', '%', ['Save 100% of it']],
    ['takes _ for itself', 'e_c', ['rename snake_case']],
    ['takes a lone _ for itself', '_', ['rename snake_case']],
    ['takes a backslash for itself', '\\', [String.raw`back\slash`]],
    ['takes an escaped % for itself', String.raw`\%`, []],
    ['takes quotes for themselves', `'s "q`, ['it\'s "quoted" -- ; drop']],
    ['finds what does not exist nowhere', 'zebra', []],
    ['finds everything with an empty text', '', todos.map(([title]) => title)],
  ]
  for (const [promise, search, titles] of cases)
    t.strictSame(await found(search), titles, `${promise}: ${search}`)

  await t.test('follows a change', async (t) => {
    const { id } = (await alice.post(TODOS, { title: 'heron', description: 'kingfisher' })).body
    const url = `${TODOS}/${id}`
    const steps: Array<[change: object, hit: string, miss: string]> = [
      [{ title: 'BITTERN' }, 'bittern', 'heron'],
      [{ completed: true }, 'kingFisher', 'heron'],
      [{ description: null }, 'bittern', 'kingfisher'],
      [{ description: 'Dipper' }, 'dipper', 'kingfisher'],
    ]
    for (const [change, hit, miss] of steps) {
      await alice.put(url, change)
      t.strictSame([await found(hit), await found(miss)], [['BITTERN'], []], JSON.stringify(change))
    }
  })

  await t.test('takes as much as 200 characters', async (t) => {
    t.strictSame(await found('🐢'.repeat(200)), [])
    const reply = await alice.get(TODOS, { query: { search: 'x'.repeat(201) } })
    t.hasStrict(reply, {
      status: 400,
      body: { error: 'Bad Request', message: 'search must have at most 200 characters' },
    })
  })
})
