import {
  AccountSuspended,
  IdentityTaken,
  LastWayIn,
  PasswordAbsent,
  ProviderUnavailable,
  StateMismatch,
} from '../../base/credential-errors.ts'
import type { Entry } from './entry.ts'

export const providers: Entry[] = [
  {
    error: new StateMismatch(),
    instance: '/api/v2/auth/providers/example/callback',
    cause:
      'Somebody came back from a provider, and this browser was not sent there for it: the sign-in took longer than 10 minutes, a ' +
      'newer one was begun in another tab, the address was opened a second time, or somebody else made it up.',
    remedy: 'Go back to the page that offered to sign in, and begin again.',
  },
  {
    error: new ProviderUnavailable(),
    instance: '/api/v2/auth/providers/example/start',
    headers: ['Retry-After'],
    cause: 'The provider that people were to sign in with does not answer.',
    remedy:
      'Wait as `Retry-After` says and let the person try again, or offer them another way in. Everything else works.',
  },
  {
    error: new AccountSuspended(),
    instance: '/api/v2/auth/providers/example/token',
    cause: 'The provider has said who it is, and an admin has suspended their account.',
    remedy: 'Nothing that a client can do. An admin can make the account active again.',
  },
  {
    error: new IdentityTaken(),
    instance: '/api/v2/me/identities',
    cause: 'Whoever signed in at the provider is linked to an account: this one, or another.',
    remedy:
      'Look at `GET /api/v2/me/identities`. If it is linked to another account, sign in there and take it away first.',
  },
  {
    error: new LastWayIn(),
    instance: '/api/v2/me/identities/42',
    cause:
      'The account has no password that its owner knows, and no other identity at a provider that this server still has.',
    remedy:
      'Set a password with `POST /api/v2/auth/password/forgot`, or link another identity; then take this one away.',
  },
  {
    error: new PasswordAbsent(),
    instance: '/api/v2/auth/password/change',
    cause: 'The account came from a provider, and nobody has set a password for it yet.',
    remedy:
      'Set one with `POST /api/v2/auth/password/forgot`. To make a session fresh, sign in through the provider again, or send an `otp`.',
  },
]
