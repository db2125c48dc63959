import {
  InternalError,
  NotReady,
  Overloaded,
  RateLimited,
  StorageFull,
  TooManyAttempts,
  TooManyStreams,
} from '../../base/errors.ts'
import { MailUnavailable } from '../../base/credential-errors.ts'
import type { Entry } from './entry.ts'

export const server: Entry[] = [
  {
    error: new RateLimited(30),
    instance: '/api/v2/posts',
    headers: ['Retry-After'],
    cause:
      'More requests came than the limit allows, from this user or, where none is logged in, from this address. ' +
      '`RateLimit-Policy` tells the limit.',
    remedy:
      'Wait as `Retry-After` says, then go on. Slow down before that happens: `RateLimit` of every reply tells how many ' +
      'requests are left (`r`) and in how many seconds the limit is full again (`t`).',
  },
  {
    error: new TooManyAttempts(8),
    instance: '/api/v2/auth/login',
    headers: ['Retry-After'],
    cause:
      'Too many passwords or codes for this account were wrong. From the fifth failure in a row each try has to wait, ' +
      'twice as long each time, up to 15 minutes. This one was not looked at.',
    remedy:
      'Wait as `Retry-After` says and let the person try again. What is right works then, and ends the waiting.',
  },
  {
    error: new TooManyStreams(15),
    instance: '/api/v2/events',
    headers: ['Retry-After'],
    cause: 'The user has five streams of events open on this server, all their programs together.',
    remedy:
      'Let a program read one stream and share what it says, also between the tabs of a browser, and close what it does not need. ' +
      'A connection that broke without a word is noticed after a while: try again as `Retry-After` says.',
  },
  {
    error: new Overloaded(1),
    instance: '/api/v2/todos',
    headers: ['Retry-After'],
    cause: 'The server, or its database, has more to do than it can answer in time.',
    remedy:
      'Wait as `Retry-After` says and repeat; wait longer, and not equally long, each time it happens again. An ' +
      '`Idempotency-Key` makes it safe to repeat a request that creates something.',
  },
  {
    error: new NotReady(2),
    instance: '/api/v2/todos',
    headers: ['Retry-After'],
    cause: 'The server runs, and its database lacks migrations.',
    remedy:
      'Wait as `Retry-After` says and repeat. Who runs the server applies them with `commonplace migrate`; `/readyz` ' +
      'names what is pending.',
  },
  {
    error: new InternalError(),
    instance: '/api/v2/todos',
    cause:
      'The server failed in a way that nobody foresaw. Why is in its log, and never in a reply.',
    remedy:
      'Before repeating a request that writes, look whether it was carried out. If it goes on, give the `request_id` to those ' +
      'who run the server: they find the cause with it.',
  },
  {
    error: new StorageFull(),
    instance: '/api/v2/posts',
    cause:
      'The disk of the server is full, or its database has reached its greatest size. Nothing was written; reading still works.',
    remedy:
      'Keep what was to be stored and repeat later. Who runs the server makes room: writing works again without a restart.',
  },
  {
    error: new MailUnavailable(),
    instance: '/api/v2/auth/password/forgot',
    headers: ['Retry-After'],
    cause: 'What was asked for goes by mail, and this server has no mail server to hand it to.',
    remedy:
      'Nothing that a client can do. Whoever runs the server sets `SMTP_URL` and `MAIL_FROM`; until then an operator sets ' +
      'passwords from the command line.',
  },
]
