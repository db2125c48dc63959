#!/usr/bin/env bash
# drizzle-kit 0.31.11, drizzle-kit/api: to load it gives every array of the process a member.
#
# Guess before it was run: what generates migrations changes nothing for other code in the same process.
# Seen: Array.prototype has an enumerable member "random" from then on. Whatever walks arrays with `for … in` finds it: a copy of the
# `enum` of a JSON schema that was made so has one item more, and is no enum any more.
# Output seen:
#   before:
#   after: random
#   copied: 3 of 2
# Commonplace never loads drizzle-kit in a server, and its test takes the member away (test/db/generated.test.ts).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent drizzle-kit@0.31.11 drizzle-orm@0.45.4
cat >try.cjs <<'JS'
const members = () => {
  const found = []
  for (const name in found) found.push(name)
  return found.join()
}
console.log(`before: ${members()}`.trim())
require('drizzle-kit/api')
console.log(`after: ${members()}`)
const words = ['user', 'admin']
const copied = []
for (const name in words) copied.push(words[name])
console.log(`copied: ${copied.length} of ${words.length}`)
JS
node try.cjs >seen
cat seen
diff seen - <<'SEEN'
before:
after: random
copied: 3 of 2
SEEN
