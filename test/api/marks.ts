import type { Test } from 'tap'

/** A letter with so many marks that they are in no order, which normalising puts right. */
export const marked = (count: number) => `a${'\u0345\u0334'.repeat(count / 2)}`
/** What is refused, and what is not. */
export const TOO_MANY = marked(32)
export const ENOUGH = marked(30)

/** Every text that is normalised until the test ends, if it is long and has more than 30 marks in a row. */
export function watchNormalise(t: Test): string[] {
  const { prototype } = String
  const { normalize } = prototype
  const seen: string[] = []
  const define = (value: typeof normalize) =>
    void Reflect.defineProperty(prototype, 'normalize', {
      value,
      configurable: true,
      writable: true,
    })
  define(function (this: string, form?: string) {
    if (this.length > 1024 && /[\p{M}--\u034F]{31}/v.test(this)) seen.push(this.slice(0, 40))
    return normalize.call(this, form)
  })
  t.teardown(() => define(normalize))
  return seen
}
