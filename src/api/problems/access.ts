import {
  CsrfFailed,
  DomainNotAllowed,
  EmailUnconfirmed,
  Forbidden,
  FreshLoginRequired,
  InsufficientRole,
  InsufficientScope,
  InvalidCredentials,
  InvitationRequired,
  OtpIncorrect,
  OtpInvalid,
  OtpRequired,
  PasswordChangeRequired,
  PasswordIncorrect,
  RefreshTokenExpired,
  RefreshTokenReused,
  RegistrationClosed,
  TokenExpired,
  TokenInvalid,
  TokenMissing,
  TokenRevoked,
  TokenTypeInvalid,
} from '../../base/access-errors.ts'
import type { Entry } from './entry.ts'

export const access: Entry[] = [
  {
    error: new TokenMissing(),
    instance: '/api/v2/me',
    headers: ['WWW-Authenticate'],
    cause:
      'The operation must know who is calling, and the request shows no token: neither in `Authorization`, with the scheme ' +
      'Bearer, nor in a cookie of a login that asked for cookies. A token in the query does not count.',
    remedy:
      'Log in with `POST /api/v2/auth/login` and send the access token as `Authorization: Bearer <access token>`.',
  },
  {
    error: new TokenInvalid(),
    instance: '/api/v2/me',
    headers: ['WWW-Authenticate'],
    cause:
      'What was sent is not a token of this server: it was cut off or altered, comes from another server, or is signed ' +
      'with a key that this one no longer knows.',
    remedy:
      'Send the token exactly as the login gave it, without quotes or line breaks. If it is refused still, log in again.',
  },
  {
    error: new TokenTypeInvalid(),
    instance: '/api/v2/me',
    headers: ['WWW-Authenticate'],
    cause:
      'The token is genuine and of the wrong kind: a refresh token where an access token belongs, or the other way ' +
      'round. To the refresh of v1 the refresh token of a v2 session is of the wrong kind too.',
    remedy:
      'Send the access token with requests, and the refresh token to `POST /api/v2/auth/refresh` alone.',
  },
  {
    error: new TokenExpired(),
    instance: '/api/v2/todos',
    headers: ['WWW-Authenticate'],
    cause:
      'The access token has reached its end. It lives for 15 minutes unless the server is configured otherwise; ' +
      '`expires_in` said for how many seconds.',
    remedy:
      'Get a new one with `POST /api/v2/auth/refresh`, then repeat the request once. If the refresh is refused as well, ' +
      'log in again.',
  },
  {
    error: new RefreshTokenExpired(),
    instance: '/api/v2/auth/refresh',
    headers: ['WWW-Authenticate'],
    cause:
      'The session is over: it has reached its greatest age (30 days unless configured otherwise), or nobody refreshed it ' +
      'for too long (7 days).',
    remedy: 'Log in again. Nothing else renews it.',
  },
  {
    error: new TokenRevoked(),
    instance: '/api/v2/todos',
    headers: ['WWW-Authenticate'],
    cause:
      'The token is genuine and no longer counts: its session was ended by a logout, a change of the password, the ' +
      'suspension or deletion of the account, or a `refresh_token_reused`; or the database was restored to a time before it.',
    remedy: 'Throw away all tokens of this session and log in again. Repeating does not help.',
  },
  {
    error: new RefreshTokenReused(),
    instance: '/api/v2/auth/refresh',
    headers: ['WWW-Authenticate'],
    cause:
      'A refresh token came that had been exchanged for another before. Somebody else may hold a copy, so its session has ' +
      'ended, with every token of it.',
    remedy:
      'Log in again. Keep the newest refresh token alone, save it before anything else, and let one part of the program ' +
      'refresh at a time. If the program made no mistake, change the password.',
  },
  {
    error: new InvalidCredentials(),
    instance: '/api/v2/auth/login',
    headers: ['WWW-Authenticate'],
    cause:
      'There is no active account with this name and this password. Which of them is wrong is not said, so that nobody ' +
      'can find out who has an account.',
    remedy:
      'Ask the person for both again. Do not repeat by program: failures in a row lead to `too_many_attempts`.',
  },
  {
    error: new Forbidden('You can only edit your own posts'),
    instance: '/api/v2/posts/42',
    cause:
      'The record exists and belongs to someone else. To-dos are for their owner alone; posts and books can be changed by ' +
      'their owner, by moderators and by admins; an account by its user and by admins.',
    remedy:
      'Act on records of the account that is logged in, or log in with one that may do this. `detail` says what was refused.',
  },
  {
    error: new InsufficientRole(),
    instance: '/api/v2/users/7',
    headers: ['WWW-Authenticate'],
    cause: 'Only accounts of another role may do this, whoever owns the record.',
    remedy:
      '`GET /api/v2/authz` tells which role each operation needs. An admin can change the role of an account; the next ' +
      'request has it, with the same token.',
  },
  {
    error: new FreshLoginRequired(),
    instance: '/api/v2/me',
    cause:
      'The operation can do much harm in the wrong hands, as all that is done to the account of an admin can, so it asks for a ' +
      'session whose person has proved who they are within the last 15 minutes. Refreshing does not prove that. When a second factor ' +
      'is put in force, the other sessions of the account have to prove it anew.',
    remedy:
      'Ask the person for their password, and for a code where the account has a second factor; send both to ' +
      '`POST /api/v2/auth/reauthenticate` with the same session, then repeat the request. Whoever has no password signs in with ' +
      'their provider again.',
  },
  {
    error: new PasswordIncorrect(),
    instance: '/api/v2/auth/password/change',
    cause:
      'The token is good; the password that was to confirm the request is not that of the account.',
    remedy:
      'Ask the person for their present password again. A failure here counts like a failed login: many lead to ' +
      '`too_many_attempts`.',
  },
  {
    error: new CsrfFailed('The header X-CSRF-Token is missing'),
    instance: '/api/v2/todos',
    cause:
      'The session came as a cookie, the request changes something, and its `X-CSRF-Token` is absent or not that of the ' +
      'session; or a login asked for cookies from the page of another site. `detail` says which.',
    remedy:
      'Send `X-CSRF-Token` with every POST, PATCH and DELETE: its value is the `csrf_token` of the login, and ' +
      '`GET /api/v2/auth/csrf` gives it again. With a Bearer token it is not needed: that is the way for pages of other sites.',
  },
  {
    error: new OtpRequired(),
    instance: '/api/v2/auth/login',
    headers: ['WWW-Authenticate'],
    cause:
      'The password is right, and the account has a second factor. Nothing was counted as a failure. In a session this ends nothing: ' +
      'confirming who you are and changing the password ask for what a login asks for.',
    remedy:
      'Ask the person for the code of their app, or a recovery code, and send the same again with it as `otp`. A client of v1 has no ' +
      'place for one: it cannot log in to such an account.',
  },
  {
    error: new OtpInvalid(),
    instance: '/api/v2/auth/login',
    headers: ['WWW-Authenticate'],
    cause:
      'The password is right, the one-time password is not: it is wrong, too old, or was used already. It counts as a failed login.',
    remedy: 'Ask for the code that the app shows next, and look whether the clocks agree.',
  },
  {
    error: new OtpIncorrect(),
    instance: '/api/v2/auth/reauthenticate',
    cause:
      'The session is good, the one-time password that was to confirm it is not: it is wrong, or was used.',
    remedy: 'Ask for the code that the app shows next.',
  },
  {
    error: new PasswordChangeRequired(),
    instance: '/api/v2/todos',
    cause:
      'An admin or an operator chose the password of the account, and it is to be changed. Until then the account can be read, the password ' +
      'changed, and sessions refreshed and ended.',
    remedy:
      'Ask the person for the password that they were given and for a new one, and send both to `POST /api/v2/auth/password/change`. ' +
      'The tokens stay good.',
  },
  {
    error: new EmailUnconfirmed(),
    instance: '/api/v2/todos',
    cause:
      'On this server those register who have an address of certain domains, and the person has not yet shown that the address is theirs. ' +
      'Until then the account can be read, another mail asked for, the password changed, and sessions refreshed and ended.',
    remedy:
      'Ask the person to follow the link in the mail; `POST /api/v2/auth/email/resend` sends another. The tokens stay good.',
  },
  {
    error: new RegistrationClosed(),
    instance: '/api/v2/auth/register',
    cause:
      'The operator of this server has set `REGISTRATION=closed`: nobody makes an account for themselves.',
    remedy: 'Ask whoever runs the server for an account.',
  },
  {
    error: new InvitationRequired(),
    instance: '/api/v2/auth/register',
    cause:
      'The operator of this server has set `REGISTRATION=invite`, and the request has no `invitation`.',
    remedy:
      'Ask an admin for an invitation, and send its token as `invitation`: it is what follows `#` in its link.',
  },
  {
    error: new DomainNotAllowed(),
    instance: '/api/v2/auth/providers/example/token',
    cause:
      'The operator of this server lets people register who have an address of certain domains, and the provider has not verified ' +
      'one for whoever signed in.',
    remedy: 'Sign in with an account that has such an address, or ask an admin for an invitation.',
  },
  {
    error: new InsufficientScope('The API key lacks the scope todos:write'),
    instance: '/api/v2/todos',
    headers: ['WWW-Authenticate'],
    cause:
      'The API key is good, and was not made for this: it lacks the scope that `detail` names, or it is one of the things that only ' +
      'somebody who has logged in can do, such as to give roles or to act on the account of an admin. Writing does not imply reading.',
    remedy:
      '`GET /api/v2/authz` tells the scope of each operation. Make a key that has it, or log in.',
  },
]
