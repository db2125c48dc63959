import { InvalidArgumentError } from 'commander'

/** Reads an option that is a whole number. */
export const whole = (min: number, max: number) => (text: string) => {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
}
