import {
  EmailTaken,
  IsbnTaken,
  LastAdmin,
  NotFound,
  PreconditionFailed,
  UsernameTaken,
} from '../../base/errors.ts'
import {
  FactorAbsent,
  FactorActive,
  InvitationInvalid,
  InvitationsExhausted,
  LinkInvalid,
  KeysExhausted,
} from '../../base/credential-errors.ts'
import {
  BulkRolledBack,
  ImportRejected,
  ImportRunning,
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
} from '../../base/write-errors.ts'
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
    cause:
      'Another account has this email address. Upper and lower case do not make a difference, nor does a domain in Unicode or ASCII.',
    remedy:
      'Ask the person for another address, or let them log in to the account that has this one.',
  },
  {
    error: new LastAdmin(),
    instance: '/api/v2/users/7',
    cause:
      'The account is the only one that is an admin and not suspended, and would be neither any more, or would be gone: nobody ' +
      'could administer the server then. Of two admins who do this to each other at once, one stays.',
    remedy:
      'Make somebody else an admin, or restore one who is suspended, then repeat the request. An operator can do it all the same: ' +
      '`commonplace user role`, `suspend` and `delete` take `--force`.',
  },
  {
    error: new IsbnTaken(),
    instance: '/api/v2/books',
    cause:
      'Another book of the same owner has this ISBN. The ISBN of 10 digits and the one of 13 that belongs to it are the same.',
    remedy: 'Change the book that has it, or leave the ISBN out. Books of other users may have it.',
  },
  {
    error: new ImportRejected({
      rejected: 1,
      errors: [{ line: 3, code: 'required', detail: 'title is required' }],
    }),
    instance: '/api/v2/books/import',
    cause:
      'Rows of the file are not as they must be, so none was written. `rejected` counts them, the header as one; `errors` has the line and the code of the ' +
      'first 1,000 faults: those of `validation_failed`, `isbn_taken` for an ISBN that is in the file or among the books of the user ' +
      'already, and `malformed_row` for what cannot be read as a row.',
    remedy:
      'Correct those rows and send the file again, or send it with the parameter `on_error` as `skip`, which passes over them. Where ' +
      '`malformed_row` says that nothing behind a row can be read, that row must be corrected in any case.',
  },
  {
    error: new ImportRunning(),
    instance: '/api/v2/books/import',
    cause: 'The same user has another import that is still being received or written.',
    remedy: 'Wait for the answer to the other one, then send the file again.',
  },
  {
    error: new PreconditionFailed(),
    instance: '/api/v2/todos/42',
    cause:
      'The record has changed since it was read: `If-Match` names a state that it is no longer in. Nothing was written.',
    remedy:
      'Read the record again, apply the change to what it is now, and send that with its new `ETag` in `If-Match`.',
  },
  {
    error: new IdempotencyKeyInUse(),
    instance: '/api/v2/posts',
    cause:
      'The request that came first with this `Idempotency-Key` has not been answered yet, here or on another node.',
    remedy:
      'Wait a second and send the same request again, with the same key: the reply will be that of the first one. A key that a ' +
      'crash left behind is free after a minute.',
  },
  {
    error: new IdempotencyKeyReused(),
    instance: '/api/v2/posts',
    cause:
      'The `Idempotency-Key` stands for a request that had another body. Keys are remembered for 24 hours, for each user, method ' +
      'and path.',
    remedy:
      'Make a new key for each thing that shall happen, such as a random UUID, and send the same one only with the same body.',
  },
  {
    error: new BulkRolledBack(3, new NotFound('Post')),
    instance: '/api/v2/posts/bulk',
    cause:
      'With `atomic` the operations of a bulk are done together or not at all, and one of them failed. `errors` names it, with ' +
      'the code that it would have had alone; the status is the one of that code.',
    remedy:
      'Correct or leave out the operation that `pointer` names, and send the bulk again. Without `atomic` the others are done.',
  },
  {
    error: new LinkInvalid(),
    instance: '/api/v2/auth/password/reset',
    cause:
      'The token came in a mail, or leads to an export or a sign-in, and is not good any more: it was used, its time is over, ' +
      'a newer one took its place, or it is for something else.',
    remedy:
      'Ask for a new one, and use the newest alone. Send it as it is, without the `#` before it.',
  },
  {
    error: new InvitationInvalid(),
    instance: '/api/v2/auth/register',
    cause:
      'The token of an invitation is good once, for 7 days. It ends before when an admin revokes it or invites the same address again, ' +
      'and when the admin who made it is no admin any more, or gets a new password.',
    remedy:
      'Ask an admin for a new invitation. Send its token as it is, without the `#` before it.',
  },
  {
    error: new FactorActive(),
    instance: '/api/v2/auth/totp',
    cause: 'The account asks for one-time passwords already.',
    remedy: 'Remove that second factor first (`DELETE /auth/totp`), then offer a new one.',
  },
  {
    error: new FactorAbsent(),
    instance: '/api/v2/auth/totp/confirm',
    cause:
      'There is no second factor that this could be done to: none was offered, or none is confirmed.',
    remedy: 'Begin with `POST /auth/totp`.',
  },
  {
    error: new KeysExhausted(),
    instance: '/api/v2/auth/api-keys',
    cause: 'A user has at most 50 API keys, those that have expired among them.',
    remedy: 'Revoke those that are not used any more: `last_used_at` tells.',
  },
  {
    error: new InvitationsExhausted(),
    instance: '/api/v2/invitations',
    cause: 'A server has at most 500 invitations that are open.',
    remedy:
      'Revoke those that nobody will use (`DELETE /invitations/{id}`), or wait: they end after 7 days.',
  },
]
