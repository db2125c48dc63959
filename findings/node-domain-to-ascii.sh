#!/usr/bin/env bash
# Node 24.21.0, url.domainToASCII: a label that claims to be Punycode and is not comes back as it is.
#
# Guess before it was run: a domain that is no valid one gives '' (as the documentation of Node has it), so the function can
# be used to check domains.
# Seen: 'xn--a' and 'xn--0.pt', which decode to nothing, come back unchanged, and URL.canParse takes them in a host. domainToUnicode
# leaves the prefix in front of what it cannot decode, which tells them from good ones. A domain with a path behind it loses the path.
# Output seen:
#   xn--a -> xn--a -> xn--a
#   xn--0.pt -> xn--0.pt -> xn--0.pt
#   xn--mnchen-3ya.example -> xn--mnchen-3ya.example -> münchen.example
#   example.org/path -> example.org -> example.org
# Commonplace looks for labels that still say they are encoded (src/domain/accounts/address.ts).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --allow-scripts=node node@24.21.0 2>/dev/null || npm install --no-audit --no-fund --silent node@24.21.0
cat >try.cjs <<'JS'
const { domainToASCII, domainToUnicode } = require('node:url')
for (const domain of ['xn--a', 'xn--0.pt', 'xn--mnchen-3ya.example', 'example.org/path']) {
  const ascii = domainToASCII(domain)
  console.log(`${domain} -> ${ascii} -> ${domainToUnicode(ascii)}`)
}
JS
node_modules/.bin/node try.cjs >seen
cat seen
diff seen - <<'SEEN'
xn--a -> xn--a -> xn--a
xn--0.pt -> xn--0.pt -> xn--0.pt
xn--mnchen-3ya.example -> xn--mnchen-3ya.example -> münchen.example
example.org/path -> example.org -> example.org
SEEN
