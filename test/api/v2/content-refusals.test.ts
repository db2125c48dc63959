import { test } from 'tap'
import { start } from '../../helper.ts'
import {
  badIds,
  invalid,
  unknownMember,
  unknownMembers,
  unstorableTexts,
  wrongTypes,
} from '../faults.ts'
import { wrongChoices } from '../faults.ts'
import { outsiders } from '../outsiders.ts'
import type { Refusal } from '../refusals.ts'
import { RESOURCES, urlOf } from './content.ts'
import { refuses, STALE } from './refusals.ts'

const TEXTS = {
  posts: { title: 'a', content: 'a' },
  todos: { title: 'a', description: 'a' },
  books: { title: 'a', author: 'a', description: 'a' },
}
const KINDS = {
  posts: { title: 'string', content: 'string', category: 'string' },
  todos: { title: 'string', description: 'nullable string', completed: 'boolean' },
  books: {
    title: 'string',
    author: 'string',
    description: 'nullable string',
    isbn: 'nullable string',
  },
} as const
const MEMBERS = {
  posts: 'title, content, category',
  todos: 'title, description, completed, due_at, priority',
  books: 'title, author, isbn, published_year, description',
}
/** What breaks the rules of one member. */
const FAULTS: Record<
  string,
  Array<[member: string, value: unknown, code: string, detail: RegExp]>
> = {
  posts: [
    ['title', 'x'.repeat(201), 'too_long', /^title must have at most 200 characters$/],
    ['title', ' \n', 'wrong_format', /^title must not be blank$/],
    ['content', 'x'.repeat(100_001), 'too_long', /^content must have at most 100000 characters$/],
    ['category', 'News', 'wrong_format', /^category /],
    ['category', 'é', 'wrong_format', /^category /],
    ['category', 'x'.repeat(33), 'wrong_format', /^category /],
    ['category', 'a\n', 'wrong_format', /^category /],
  ],
  todos: [
    ['title', 'x'.repeat(201), 'too_long', /^title /],
    ['description', 'x'.repeat(10_001), 'too_long', /^description /],
    ['due_at', 'tomorrow', 'wrong_format', /^due_at /],
    ['due_at', '2026-11-27', 'wrong_format', /^due_at /],
    ['due_at', '2026-02-30T00:00:00Z', 'wrong_format', /^due_at /],
    ['due_at', '0000-12-31T23:59:59Z', 'wrong_format', /^due_at must be a date-time of the years/],
    ['due_at', '9999-12-31T23:59:59-00:01', 'wrong_format', /^due_at must be a date-time of/],
  ],
  books: [
    ['author', ' ', 'wrong_format', /^author must not be blank$/],
    ['author', 'x'.repeat(201), 'too_long', /^author /],
    ['isbn', '0441478124', 'invalid_isbn', /^isbn must be an ISBN of 10 or 13 digits$/],
    ['isbn', '9780441478126', 'invalid_isbn', /^isbn /],
    ['isbn', '9770441478125', 'invalid_isbn', /^isbn /],
    ['isbn', '044147812', 'invalid_isbn', /^isbn /],
    ['isbn', '-', 'invalid_isbn', /^isbn /],
    ['isbn', '٠٤٤١٤٧٨١٢٣', 'wrong_format', /^isbn /],
    ['published_year', -3001, 'too_small', /^published_year /],
    ['published_year', 10_000, 'too_large', /^published_year /],
    ['published_year', 1969.5, 'wrong_type', /^published_year /],
    ['published_year', '1969', 'wrong_type', /^published_year /],
  ],
}

for (const resource of RESOURCES) {
  const { name, one, least, required, access, isShared } = resource

  await test(`${name} refuse`, async (t) => {
    const started = await start(t)
    const first = await started.as('first')
    await first.post(urlOf(resource), least)
    await t.test('S22 S38 whoever has no valid access token', async (t) => {
      const calls = [`POST /${name}`, `PATCH /${name}/1`, `DELETE /${name}/1`]
      if (access !== 'public') calls.push(`GET /${name}`, `GET /${name}/1`)
      for (const refusal of await outsiders(started))
        await refuses(
          t,
          started,
          undefined,
          calls.map((call) => ({ call, ...refusal })),
        )
    })
    const alice = await started.as('alice')
    const { id } = (await alice.post(urlOf(resource), least)).body
    const post = `POST /${name}`
    const patch = `PATCH /${name}/${id}`
    const absent = { status: 404, code: 'not_found', message: `${one} not found` }

    await t.test("S45 changes of someone else's, and of what is absent", async (t) => {
      const foreign = (verb: string) => ({
        status: 403,
        code: 'not_owner',
        message: `You can only ${verb} your own ${name}`,
      })
      const body = { title: 'x' }
      const rows: Refusal[] = [
        { call: patch, body, ...foreign('edit') },
        { call: `DELETE /${name}/${id}`, ...foreign('delete') },
      ]
      if (!isShared) rows.push({ call: `GET /${name}/${id}`, ...foreign('view') })
      await refuses(t, started, await started.as('bob'), rows)
      await refuses(t, started, alice, [
        { call: `GET /${name}/2147483647`, ...absent },
        { call: `PATCH /${name}/2147483647`, body, ...absent },
        { call: `DELETE /${name}/2147483647`, ...absent },
      ])
    })

    await t.test('the order: input, absence, ownership, precondition', async (t) => {
      const headers = { 'if-match': '"x"' }
      const bob = await started.as('bob')
      const missing = `PATCH /${name}/2147483647`
      const input = unknownMember(missing, { title: 'x', nothing: 1 }, 'nothing')
      await refuses(t, started, bob, [
        { ...input, headers },
        { call: missing, body: { title: 'x' }, headers, ...absent },
        {
          call: patch,
          body: { title: 'x' },
          headers,
          status: 403,
          code: 'not_owner',
          message: /^You can only edit/,
        },
      ])
      await refuses(t, started, alice, [{ call: patch, body: { title: 'x' }, headers, ...STALE }])
    })

    await t.test('S47 a member that is not theirs, by its name', (t) =>
      refuses(t, started, alice, [
        ...unknownMembers(post, least),
        ...unknownMembers(patch, { title: 'x' }),
        ...['user', 'updated_at', 'completed_at', 'title_sort', 'search_text', '__proto__x'].map(
          (member) => unknownMember(patch, { title: 'x', [member]: 'x' }, member),
        ),
      ]),
    )
    await t.test('S51 S58 what is no id, before it is looked for', (t) =>
      refuses(t, started, alice, [
        ...badIds([{ call: `PATCH /${name}/{id}`, body: { title: 'x' } }]),
        ...badIds([{ call: `GET /${name}/{id}` }]),
        ...badIds([{ call: `DELETE /${name}/{id}` }]),
      ]),
    )
    await t.test('S7 S56 a value of another type', (t) =>
      refuses(t, started, alice, [
        ...wrongTypes(post, least, KINDS[name]),
        ...wrongTypes(patch, {}, KINDS[name]),
      ]),
    )
    await t.test('null where nothing can be cleared', async (t) => {
      for (const member of required) {
        const reply = await alice.patch(urlOf(resource, id), { [member]: null })
        t.match(reply, { status: 422, body: { errors: [{ pointer: `#/${member}` }] } }, member)
      }
    })
    await t.test('S57 what no database keeps', (t) =>
      refuses(t, started, alice, [
        ...unstorableTexts(post, { ...TEXTS[name] }),
        ...unstorableTexts(patch, { ...TEXTS[name] }),
      ]),
    )
    await t.test('a patch that changes nothing', (t) => {
      const detail = `The body must have at least 1 member of ${MEMBERS[name]}`
      return refuses(t, started, alice, [
        invalid({ call: patch, body: {} }, { pointer: '#', code: 'required', detail }),
      ])
    })
    await t.test('what breaks the rules of a member', async (t) => {
      for (const [member, value, code, detail] of FAULTS[name] ?? [])
        for (const [call, body] of [
          [post, { ...least, [member]: value }],
          [patch, { [member]: value }],
        ] as const) {
          const [method = '', path = ''] = call.split(' ')
          const reply = await alice.send(method, `/api/v2${path}`, body)
          const about = `${call} ${member} ${JSON.stringify(value).slice(0, 40)}`
          t.match(reply, { status: 422, body: { code: 'validation_failed' } }, about)
          t.match(reply.body.errors, [{ pointer: `#/${member}`, code, detail }], about)
        }
      if (name === 'todos')
        await refuses(
          t,
          started,
          alice,
          wrongChoices(patch, {}, 'priority', ['low', 'normal', 'high']),
        )
    })
  })
}
