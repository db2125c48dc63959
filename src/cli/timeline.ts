import type { Command } from 'commander'
import type { Timeline } from '../db/timeline.ts'
import type { Context } from './context.ts'
import { leapOption } from './leap.ts'
import { table } from './table.ts'

export function addTimeline(program: Command, { lasting, withBackend }: Context) {
  const timeline = program
    .command('timeline')
    .description('tell what was given out before a restore from what is given out after it')

  timeline
    .command('show', { isDefault: true })
    .description('show the timeline that the database is in')
    .option('--json', 'as a JSON object')
    .addHelpText('after', '\nExample:\n  $ commonplace timeline show')
    .action(({ json }: { json?: true }) =>
      withBackend(async ({ store }) => {
        const row = present(store.timeline())
        console.log(json ? JSON.stringify(row, undefined, 2) : table([row]))
      }),
    )

  timeline
    .command('new')
    .description('begin a new one, after a restore by other means than commonplace restore')
    .addOption(leapOption())
    .addHelpText(
      'after',
      `
After pg_restore, psql, a restore to a point in time, or a copy of the file: the database is what it was once, and would give
out again what clients have already, for something else. Stop all servers first: it is refused while one has the database
open. From then on entity tags of before match nothing, streams of events begin with a reset, spent refresh tokens of before
are refused without an alarm, and new ids are above all that may have been given out: those of events by 10,000,000,000, those
of records by --leap, each time; records may go up to 2,147,483,647. A standby that is promoted needs none, if it lacks nothing.

Example:
  $ pg_restore --exit-on-error -d "$DATABASE_URL" monday.dump && commonplace migrate && commonplace timeline new`,
    )
    .action(async ({ leap }: { leap: number }) => {
      const { newTimeline } = await import('./new-timeline.ts')
      const begun = await newTimeline((await lasting()).databaseUrl, leap)
      console.log(sentence(begun))
    })
}

/** What is said of one that has begun. */
export const sentence = ({ id }: Timeline) =>
  `Timeline ${id} has begun: no tag, event id or record id of before is given out again.`

const present = ({ id, startedAt, eventsAbove }: Timeline) => ({
  id,
  started_at: startedAt?.toISOString() ?? null,
  events_above: eventsAbove,
})
