#!/usr/bin/env bash
# standardwebhooks 1.1.1: a payload that is no JSON does not verify, however right its signature is.
#
# Guess before it was run: `verify` looks at id, time and signature of the bytes, and gives back the payload; what is in it is the
# receiver's business, as the specification signs any text.
# Seen: with a right signature it parses the payload as JSON. A text throws a SyntaxError, which is no WebhookVerificationError, and an
# empty payload gives undefined, as if nothing had been found. Receivers that catch one kind of error alone answer 500, and senders
# deliver the same again and again.
# Output seen:
#   {"a":1} -> {"a":1}
#   hello -> SyntaxError, WebhookVerificationError: false
#   (empty) -> undefined
# Commonplace has no webhooks; whoever signs some with this library should send JSON, and never an empty text.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent standardwebhooks@1.1.1
cat >try.cjs <<'JS'
const { Webhook, WebhookVerificationError } = require('standardwebhooks')
const webhook = new Webhook(Buffer.from('a key for this trial and no other').toString('base64'))
const now = new Date()
for (const payload of ['{"a":1}', 'hello', '']) {
  const headers = {
    'webhook-id': 'message-1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': webhook.sign('message-1', now, payload),
  }
  let outcome
  try {
    outcome = String(JSON.stringify(webhook.verify(payload, headers)))
  } catch (error) {
    outcome = `${error.name}, WebhookVerificationError: ${error instanceof WebhookVerificationError}`
  }
  console.log(`${payload || '(empty)'} -> ${outcome}`)
}
JS
node try.cjs >seen
cat seen
diff seen - <<'SEEN'
{"a":1} -> {"a":1}
hello -> SyntaxError, WebhookVerificationError: false
(empty) -> undefined
SEEN
