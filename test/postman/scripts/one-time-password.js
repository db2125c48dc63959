// What an authenticator app would show (RFC 6238): HMAC-SHA-1 of the 30 seconds that it is now, six digits of it.
const { enc, HmacSHA1 } = require('crypto-js')

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const bits = [...pm.collectionVariables.get('totpSecret')]
  .map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0'))
  .join('')
const key = (bits.match(/.{8}/g) || [])
  .map((byte) => parseInt(byte, 2).toString(16).padStart(2, '0'))
  .join('')
const step = Math.floor(Date.now() / 30_000)
  .toString(16)
  .padStart(16, '0')
const mac = HmacSHA1(enc.Hex.parse(step), enc.Hex.parse(key)).toString()
const at = parseInt(mac.slice(-1), 16) * 2
const number = (parseInt(mac.slice(at, at + 8), 16) & 0x7fffffff) % 1_000_000
pm.collectionVariables.set('otp', String(number).padStart(6, '0'))
