#!/usr/bin/env bash
# fast-jwt 6.3.6: a signer that has `expiresIn` writes over the `exp` of the claims it is given.
#
# Guess before it was run: the option is the default, and a token whose claims say when it ends (RFC 7519, section 4.1.4) ends then.
# Seen: `exp` is what the option makes of `iat`, whatever the claims said, later or sooner, and nothing is said about it. An `iat` of the claims
# is kept, and the option counts from that.
# Output seen:
#   claims say 2100, option says an hour: an hour
#   claims say a minute, option says an hour: an hour
#   without the option: as the claims say
# Commonplace gives its signers no such option: each token carries the `exp` of its session (src/domain/sessions/issue.ts).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent fast-jwt@6.3.6
cat >try.cjs <<'JS'
const { createDecoder, createSigner } = require('fast-jwt')
const key = 'a key for this trial and no other'
const decode = createDecoder()
const iat = 1_800_000_000
const lifeOf = (exp, options) => {
  const claims = decode(createSigner({ key, ...options })({ iat, exp }))
  return claims.exp === exp ? 'as the claims say' : claims.exp - claims.iat === 3600 ? 'an hour' : `${claims.exp}`
}
console.log(`claims say 2100, option says an hour: ${lifeOf(4_102_444_800, { expiresIn: '1h' })}`)
console.log(`claims say a minute, option says an hour: ${lifeOf(iat + 60, { expiresIn: '1h' })}`)
console.log(`without the option: ${lifeOf(iat + 60, {})}`)
JS
node try.cjs >seen
cat seen
diff seen - <<'SEEN'
claims say 2100, option says an hour: an hour
claims say a minute, option says an hour: an hour
without the option: as the claims say
SEEN
