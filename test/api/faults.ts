import type { Refusal, Violation } from './refusals.ts'

/** Members that a client might hope to set (S47). */
const FOREIGN_MEMBERS = {
  user_id: 1,
  role: 'admin',
  id: 7,
  created_at: '2026-11-20T16:33:06.902Z',
  password_hash: 'x',
  revision: 9,
}
/** What is not a value of the type (S56), be it ever so close to one. */
const NOT_A = {
  string: [5, true, null, ['text'], { text: 'x' }],
  'nullable string': [5, false, ['text'], {}],
  boolean: [null, 'true', 'false', 1, 0, [true], {}],
} as const
const TYPES = {
  string: 'a string',
  'nullable string': 'a string or null',
  boolean: 'true or false',
} as const
export type Kind = keyof typeof NOT_A

/** Other spellings of ids, and numbers that are none (S51, S58). */
const NO_IDS: Record<string, string> = {
  '1e3': 'wrong_type',
  '0x1': 'wrong_type',
  '1.0': 'wrong_type',
  '01': 'wrong_type',
  '%201': 'wrong_type',
  '1%20': 'wrong_type',
  '+1': 'wrong_type',
  '-1': 'too_small',
  '0': 'too_small',
  '1,2': 'wrong_type',
  abc: 'wrong_type',
  null: 'wrong_type',
  '2147483648': 'too_large',
  '9007199254740993': 'wrong_type',
  '1e20': 'wrong_type',
  '99999999999999999999': 'wrong_type',
  '%C3%A9': 'wrong_type',
}
/** What no database keeps as it is (S57). */
const UNSTORABLE: Array<[text: string, fault: string]> = [
  ['\0', 'must not contain the character NUL'],
  ['before\0after', 'must not contain the character NUL'],
  ['\uD800', 'must be well-formed Unicode text'],
  ['before \uDFFF after', 'must be well-formed Unicode text'],
  ['\uDC00\uD800 the wrong way round', 'must be well-formed Unicode text'],
]

type Request = Pick<Refusal, 'call' | 'body' | 'query' | 'name' | 'headers'>

/** A refusal for what is wrong with the input, all of which is known. */
export const invalid = (request: Request, ...errors: Violation[]): Refusal => ({
  ...unacceptable(request, errors.map(({ detail }) => detail).join('; ')),
  errors,
})

/** The same, of which no more is known than what is said. */
export const unacceptable = (request: Request, message: string | RegExp): Refusal => ({
  ...request,
  status: 422,
  code: 'validation_failed',
  message,
})

export const unknownMember = (call: string, body: object, member: string): Refusal =>
  invalid(
    { call, body },
    {
      pointer: `#/${member}`,
      code: 'unknown_member',
      detail: `"${member}" is not a member of this body`,
    },
  )

/** All that are foreign to the body; `own` names those that are its own. */
export const unknownMembers = (call: string, body: object, own: string[] = []): Refusal[] =>
  Object.entries(FOREIGN_MEMBERS)
    .filter(([member]) => !own.includes(member))
    .map(([member, value]) => unknownMember(call, { ...body, [member]: value }, member))

export const wrongTypes = (call: string, body: object, kinds: Record<string, Kind>): Refusal[] =>
  Object.entries(kinds).flatMap(([member, kind]) =>
    NOT_A[kind].map((value) =>
      invalid(
        { call, body: { ...body, [member]: value } },
        { pointer: `#/${member}`, code: 'wrong_type', detail: `${member} must be ${TYPES[kind]}` },
      ),
    ),
  )

/** What is none of the words that the member may be. */
export const wrongChoices = (call: string, body: object, member: string, words: string[]) => {
  const at = { pointer: `#/${member}` }
  const choice = {
    ...at,
    code: 'not_one_of',
    detail: `${member} must be one of ${words.join(', ')}`,
  }
  const type = { ...at, code: 'wrong_type', detail: `${member} must be a string` }
  const [word = ''] = words
  return [
    ...['', word.toUpperCase(), ` ${word}`, `${word},${word}`].map((value) =>
      invalid({ call, body: { ...body, [member]: value } }, choice),
    ),
    ...NOT_A.string.map((value) =>
      invalid({ call, body: { ...body, [member]: value } }, type, choice),
    ),
  ]
}

/** Texts that are refused wherever they stand; the body has a text under each of its names. */
export const unstorableTexts = (call: string, body: object): Refusal[] =>
  Object.keys(body).flatMap((member) =>
    UNSTORABLE.map(([text, fault]) =>
      invalid(
        { call, body: { ...body, [member]: text }, name: `${member} ${JSON.stringify(text)}` },
        { pointer: `#/${member}`, code: 'malformed_text', detail: `${member} ${fault}` },
      ),
    ),
  )

/** Calls in which `{id}` stands for an id. */
export const badIds = (calls: Array<Pick<Refusal, 'call' | 'body'>>): Refusal[] =>
  calls.flatMap(({ call, body }) =>
    Object.entries(NO_IDS).map(([id, code]) =>
      invalid(
        { call: call.replace('{id}', id), body },
        {
          in: 'path',
          parameter: 'id',
          code,
          detail: 'id must be a whole number from 1 to 2147483647',
        },
      ),
    ),
  )
