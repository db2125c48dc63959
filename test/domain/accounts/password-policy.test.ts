import * as fc from 'fast-check'
import { test } from 'tap'
import { dictionary } from '@zxcvbn-ts/language-common'
import { fold } from '../../../src/base/text.ts'
import { createPasswordPolicy } from '../../../src/domain/accounts/password-policy.ts'

const policy = createPasswordPolicy({ minLength: 8 })
const codes = (password: string, owner = {}) =>
  policy.check(password, owner).map(({ code }) => code)

await test('S1 at least 8 code points', async (t) => {
  t.strictSame(policy.check('q7$kZ!e'), [
    {
      in: 'body',
      path: '/password',
      code: 'too_short',
      detail: 'password must have at least 8 characters',
    },
  ])
  t.strictSame(codes('q7$kZ!eL'), [])
  t.strictSame(codes('🐢🐘🦊🐬🦉🐝🦋'), ['too_short'])
  t.strictSame(codes('🐢🐘🦊🐬🦉🐝🦋🐙'), [], '8 emoji are 8 characters')
  t.strictSame(codes('ü'.repeat(7).normalize('NFD')), ['too_short'], 'counted after NFC')
})

await test('S1 an operator may ask for more', async (t) => {
  const strict = createPasswordPolicy({ minLength: 15 })
  t.match(strict.check('q7$kZ!eLw0pX9z'), [{ code: 'too_short', detail: /at least 15/ }])
  t.strictSame(strict.check('q7$kZ!eLw0pX9zV'), [])
})

await test('S2 at most 128 code points, of any script', async (t) => {
  for (const character of ['xy', 'ßä', 'あい', '🐢🦊']) {
    t.strictSame(codes(character.repeat(32)), [])
    t.strictSame(codes(character.repeat(64)), [])
    t.strictSame(codes(`${character.repeat(64)}z`), ['too_long'])
  }
  t.strictSame(codes('ü'.repeat(128).normalize('NFD')), [], 'counted after NFC')
  t.strictSame(codes('x'.repeat(250_000)), ['too_long'])
})

await test('S3 common passwords', async (t) => {
  for (const password of [
    'password',
    'PassWord',
    'ｐａｓｓｗｏｒｄ',
    '12345678',
    'iloveyou',
    'qwertyuiop',
  ]) {
    t.strictSame(codes(password), ['common_password'], password)
  }
  t.match(policy.check('12345678'), [{ detail: /^password is one of the most common/ }])
  t.strictSame(codes('123456'), ['too_short', 'common_password'], 'every rule that it breaks')
})

await test('S3 what stands beside the password', async (t) => {
  const owner = { username: 'Wilhelmine', email: 'Dürer.Albrecht@example.com' }
  t.strictSame(codes('wilhelmine', owner), ['same_as_username'])
  t.strictSame(codes('WILHELMINE', owner), ['same_as_username'])
  t.strictSame(codes('dürer.albrecht@EXAMPLE.com', owner), ['same_as_email'])
  t.strictSame(codes('DÜRER.albrecht'.normalize('NFD'), owner), ['same_as_email_name'])
  t.strictSame(codes('CommonPlace', owner), ['same_as_product'])
  t.strictSame(codes('wilhelmine!', owner), [])
  t.strictSame(codes('wilhelmine', { username: null, email: undefined }), [])
})

await test('S4 no rules on composition', async (t) => {
  for (const password of ['correcthorsebatterystaple', ' '.repeat(15), '🐢'.repeat(15)]) {
    t.strictSame(codes(password), [])
  }
})

await test('S57 NUL and lone surrogates', async (t) => {
  t.strictSame(codes('q7$kZ!eL\0'), ['invalid_characters'])
  t.strictSame(codes('q7$kZ!eL\uDC00'), ['invalid_characters'])
})

await test('the caller says where the password was', async (t) => {
  t.match(policy.check('x', {}, '/new_password'), [
    { path: '/new_password', detail: 'new_password must have at least 8 characters' },
  ])
})

await test('S1 S2 the length alone decides about random passwords', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 140 }), (password) => {
      const length = Array.from(password.normalize('NFC')).length
      const found = codes(password).filter((code) => code.startsWith('too_'))
      const expected = length < 8 ? ['too_short'] : length > 128 ? ['too_long'] : []
      t.strictSame(found, expected)
    }),
  )
})

await test('S3 the list of common passwords is folded as it is', (t) => {
  const list = dictionary['passwords-common']
  t.ok(list.length > 10_000)
  t.same(
    list.filter((password) => fold(password) !== password),
    [],
  )
  t.end()
})
