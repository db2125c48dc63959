/** The only source of time of the domain. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
