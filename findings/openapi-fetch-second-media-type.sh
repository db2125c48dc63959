#!/usr/bin/env bash
# openapi-fetch 0.17.0 over types of openapi-typescript 7.13.0: a second media type of a reply changes the type of what everybody gets.
#
# Guess before it was run: a client that is told nothing reads `application/json`, so its data have the type of that content; another
# media type beside it, for callers of another kind, costs nobody anything.
# Seen: `data` is one or the other of all media types that the status has. A member that only `application/json` requires is possibly
# undefined, and code that compiled before does not any more. With the second parameter of `createClient` it does.
# Output seen:
#   try.ts(4,36): error TS18048: 'data.title' is possibly 'undefined'.
#   named: compiles
# Commonplace tells of the media type of replies to keys that may only write in words (src/api/plugins/written-only.ts); the scenario of
# openapi-fetch (conformance/) reads a required member of such a reply.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm pkg set type=module
npm install --no-audit --no-fund --silent openapi-fetch@0.17.0 openapi-typescript@7.13.0 typescript@5.9.3
cat >document.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Books", "version": "1.0.0" },
  "paths": {
    "/books": {
      "post": {
        "responses": {
          "201": {
            "description": "It was created.",
            "content": {
              "application/json": {
                "schema": {
                  "type": "object",
                  "required": ["title"],
                  "properties": { "title": { "type": "string" } }
                }
              },
              "application/vnd.example.part+json": {
                "schema": { "type": "object", "properties": { "title": { "type": "string" } } }
              }
            }
          }
        }
      }
    }
  }
}
JSON
npx --no-install openapi-typescript document.json -o document.ts >/dev/null 2>&1
compile() {
  cat >try.ts <<TS
import createClient from 'openapi-fetch'
import type { paths } from './document.ts'
const { data } = await createClient<$1>({}).POST('/books')
if (data) console.log('A title: ', data.title.length)
TS
  npx --no-install tsc --noEmit --strict --skipLibCheck --target es2022 --module nodenext --allowImportingTsExtensions try.ts
}
{
  compile 'paths' || true
  compile "paths, 'application/json'" && echo 'named: compiles'
} >seen
cat seen
diff seen - <<'SEEN'
try.ts(4,36): error TS18048: 'data.title' is possibly 'undefined'.
named: compiles
SEEN
