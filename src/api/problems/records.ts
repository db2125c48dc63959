import {
  EmailTaken,
  IsbnTaken,
  NotFound,
  PreconditionFailed,
  UsernameTaken,
} from '../../domain/errors.ts'
import type { Entry } from './entry.ts'

export const records: Entry[] = [
  {
    error: new NotFound('Post'),
    instance: '/api/v2/posts/42',
    cause: 'The path is right, and the record is not there: it never was, or it was deleted.',
    remedy: 'Check the id, and forget what the program has kept of this record.',
  },
  {
    error: new UsernameTaken(),
    instance: '/api/v2/auth/register',
    cause:
      'Another account has this username. Upper and lower case and different spellings of the same characters do not make a ' +
      'difference.',
    remedy: 'Ask the person for another name.',
  },
  {
    error: new EmailTaken(),
    instance: '/api/v2/me',
    cause: 'Another account has this email address. Upper and lower case do not make a difference.',
    remedy:
      'Ask the person for another address, or let them log in to the account that has this one.',
  },
  {
    error: new IsbnTaken(),
    instance: '/api/v2/books',
    cause:
      'Another book of the same owner has this ISBN. The ISBN of 10 digits and the one of 13 that belongs to it are the same.',
    remedy: 'Change the book that has it, or leave the ISBN out. Books of other users may have it.',
  },
  {
    error: new PreconditionFailed(),
    instance: '/api/v2/todos/42',
    cause:
      'The record has changed since it was read: `If-Match` names a state that it is no longer in. Nothing was written.',
    remedy:
      'Read the record again, apply the change to what it is now, and send that with its new `ETag` in `If-Match`.',
  },
]
