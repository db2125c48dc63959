/** One request of a collection: an operation of the document, and what it needs beside the example that it has there. */
export interface Step {
  /** The `operationId`. */
  id: string
  /** The value of the variable in the path. */
  path?: string
  body?: object | string
  form?: Record<string, string>
  /** The statuses that it should have; its success unless given. */
  expect?: readonly number[]
  /** Why it is not run, or not with success. */
  because?: string
  /** Variables to keep for later requests: the path of a member of the reply by the name of the variable. */
  keep?: Record<string, string>
  /** Whether it changes an account, or leaves something behind in it: then it is for one that the collection has registered itself. */
  registered?: boolean
  /** Files of scripts/; the second after success. */
  before?: readonly string[]
  after?: string
}
export interface Folder {
  /** A tag of the document, or the beginning and the end. */
  name: string
  steps: readonly Step[]
}

export const BEGIN = 'Begin'
export const END = 'End'
export const ABOUT = {
  [BEGIN]: 'An account and its session.',
  [END]:
    'The end of the session and of the account: last, so that the collection runs from top to bottom.',
}
