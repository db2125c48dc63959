#!/usr/bin/env bash
# ical.js 2.2.1: what recurs yearly on the 29th of February falls on the 1st of March in years that have no such day.
#
# Guess before it was run: a date that a year does not have is passed over (RFC 5545, section 3.3.10), as ical.js itself does with the 31st of
# a month that has 30 days, so the next after 2024 is in 2028.
# Seen: the next is the 1st of March 2025, and only leap years have the day itself again. rrule 2.8.1 passes over.
# Output seen:
#   ical.js monthly: 2026-01-31 2026-03-31 2026-05-31
#   ical.js yearly: 2024-02-29 2025-03-01 2026-03-01 2027-03-01 2028-02-29
#   rrule yearly: 2024-02-29 2028-02-29 2032-02-29
# Commonplace has no recurring records and does not depend on either; whoever shows its due dates in a calendar meets single days alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm pkg set type=module
npm install --no-audit --no-fund --silent ical.js@2.2.1 rrule@2.8.1
cat >try.js <<'JS'
import ICAL from 'ical.js'
import rrule from 'rrule'
function days(rule, start) {
  const steps = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString(start))
  const found = []
  for (let day = steps.next(); day; day = steps.next()) found.push(day.toString())
  return found.join(' ')
}
console.log(`ical.js monthly: ${days('FREQ=MONTHLY;COUNT=3', '2026-01-31')}`)
console.log(`ical.js yearly: ${days('FREQ=YEARLY;COUNT=5', '2024-02-29')}`)
const others = rrule.rrulestr('DTSTART:20240229T000000Z\nRRULE:FREQ=YEARLY;COUNT=3').all()
console.log(`rrule yearly: ${others.map((day) => day.toISOString().slice(0, 10)).join(' ')}`)
JS
node try.js >seen
cat seen
diff seen - <<'SEEN'
ical.js monthly: 2026-01-31 2026-03-31 2026-05-31
ical.js yearly: 2024-02-29 2025-03-01 2026-03-01 2027-03-01 2028-02-29
rrule yearly: 2024-02-29 2028-02-29 2032-02-29
SEEN
