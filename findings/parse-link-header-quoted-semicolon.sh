#!/usr/bin/env bash
# parse-link-header 2.0.0: a parameter in quotes ends at the first semicolon in it.
#
# Guess before it was run: a quoted string (RFC 8288, section 3, by RFC 9110, section 5.6.4) is one value, whatever stands between its quotes.
# Seen: the value is cut at the semicolon and its rest is dropped without a word. The URL between its brackets keeps its semicolon.
# Output seen:
#   {"rel":"next","title":"Poems","url":"https://api.example/books?q=a;b"}
# A page of a list that follows the `Link` of Commonplace needs `rel` and the URL alone; no parameter that it sends has a semicolon.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent parse-link-header@2.0.0
cat >try.cjs <<'JS'
const parse = require('parse-link-header')
const { next } = parse('<https://api.example/books?q=a;b>; rel="next"; title="Poems; a selection"')
const { rel, title, url } = next
console.log(JSON.stringify({ rel, title, url }))
JS
node try.cjs >seen
cat seen
diff seen - <<'SEEN'
{"rel":"next","title":"Poems","url":"https://api.example/books?q=a;b"}
SEEN
