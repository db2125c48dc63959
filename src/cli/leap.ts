import { Option } from 'commander'
import { whole } from './whole-number.ts'

/** As in new-timeline.ts, which help does without. */
const USUAL = 5_000_000
const MOST = 2_000_000_000

/** Of the commands that begin a timeline. */
export const leapOption = () =>
  new Option('--leap <count>', 'how many ids of each kind may have been given out and not be known')
    .default(USUAL)
    .argParser(whole(1, MOST))
