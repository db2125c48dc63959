import { test } from 'tap'
import { everyLetter } from '../mail/letters.ts'
import { launch, localhost, noBrowser } from './internet.ts'

/** The least contrast of a text with what is behind it (WCAG 2.2, success criterion 1.4.3), and how far the page overflows. */
const LOOK = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number)
  const light = (color) => {
    const [r, g, b] = numbers(color).map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  // Where nothing has a colour it is that of paper.
  const behind = (element) => {
    if (element === null) return 'rgb(255, 255, 255)'
    const { backgroundColor } = getComputedStyle(element)
    return numbers(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor
  }
  const contrasts = [...document.querySelectorAll('p, a, dt, dd')].map((element) => {
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))]
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
  })
  const { scrollWidth, clientWidth } = document.documentElement
  return {
    contrast: Math.min(...contrasts),
    overflow: scrollWidth - clientWidth,
    width: clientWidth,
    ground: light(behind(document.body)),
  }
})()`

interface Look {
  contrast: number
  overflow: number
  width: number
  ground: number
}

await test(
  'S94 mails fit a phone, and follow the reader into the dark',
  { skip: noBrowser },
  async (t) => {
    const letters = Object.entries(everyLetter())
    const origin = await localhost(
      t,
      Object.fromEntries(letters.map(([kind, { html }]) => [`/${kind}`, html])),
    )
    const browser = await launch(t, Number(new URL(origin).port))
    for (const width of [360, 1000])
      for (const colorScheme of ['light', 'dark'] as const) {
        const viewport = { width, height: 800 }
        const context = await browser.newContext({ viewport, colorScheme, isMobile: width < 500 })
        const tab = await context.newPage()
        for (const [kind] of letters) {
          await tab.goto(`${origin}/${kind}`)
          const look: Look = await tab.evaluate(LOOK)
          const where = `${kind}, ${width}, ${colorScheme}`
          t.equal(look.overflow, 0, where)
          t.equal(look.width, width, where)
          t.ok(look.contrast >= 4.5, `${where}: ${look.contrast}`)
          t.equal(look.ground < 0.1, colorScheme === 'dark', where)
          const shots = process.env['SHOTS']
          if (shots) await tab.screenshot({ path: `${shots}/${kind}-${width}-${colorScheme}.png` })
        }
        await context.close()
      }
  },
)
