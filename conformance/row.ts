import { existsSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Failed, Missing, run } from './commands.ts'
import type { OpenApi, Row } from './generators/generator.ts'
import { missingSteps } from './steps.ts'
import { HERE } from './tools.ts'

/** `none`: there is no scenario. `unknown`: what came before it failed. */
export type Outcome = 'ok' | 'failed' | 'missing' | 'none' | 'unknown'

export interface Result {
  row: Row
  compiled: Outcome
  ran: Outcome
  /** What went wrong, in a sentence, and what the program said. */
  reason?: string
  output?: string
}

/** Generates a client from the served document, compiles it, and puts it through its scenario. */
export async function tryRow(
  row: Row,
  origin: string,
  say: (text: string) => void,
): Promise<Result> {
  const { generator, version, folder, tools } = row
  const label = `${generator.name} ${version}`
  const began = performance.now()
  const where = { cwd: folder, env: tools.env }
  const stage = async (name: string, commands: Command[]) => {
    say(`  ${label}: ${name}`)
    for (const command of commands) await run(command, where)
  }
  const result: Result = { row, compiled: 'unknown', ran: 'unknown' }
  try {
    for (const tool of generator.needs) await tools.need(tool)
    await mkdir(folder, { recursive: true })
    const hasScenario = await copyFiles(row)
    const reply = await fetch(`${origin}/api/${version}/${generator.document}`)
    if (!reply.ok) throw new Error(`${reply.url} answered ${reply.status}`)
    const served: OpenApi = JSON.parse(await reply.text())
    const document = generator.adapt?.(served, version) ?? served
    await writeFile(join(folder, 'document.json'), JSON.stringify(document))

    await stage('generates', generator.generate(row))
    await stage('compiles', generator.compile(row))
    result.compiled = 'ok'
    result.ran = hasScenario ? await scenario() : 'none'
  } catch (error) {
    const stopped = error instanceof Missing ? 'missing' : 'failed'
    if (result.compiled === 'ok') result.ran = stopped
    else result.compiled = stopped
    result.reason = readable(error instanceof Error ? error.message : String(error))
    if (error instanceof Failed) result.output = readable(error.output)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  say(`${label}: ${[result.compiled, result.ran].join(', ')} (${seconds} s) ${result.reason ?? ''}`)
  return result

  /** Without what is so on this machine and in this run alone. */
  function readable(text: string) {
    return text.replaceAll(tools.scratch, '<scratch>').replaceAll(origin, '<server>')
  }

  async function scenario(): Promise<Outcome> {
    say(`  ${label}: runs`)
    const command: Command = [
      ...generator.run(row),
      origin,
      `${generator.name}-${version}`.slice(-20),
    ]
    const output = await run(command, where)
    const missing = missingSteps(version, output)
    if (missing.length === 0) return 'ok'
    throw new Failed(command, `did not report: ${missing.join(', ')}`, output)
  }
}

/** Answers whether there is a scenario among them. */
async function copyFiles({ generator, version, folder }: Row) {
  let hasScenario = false
  for (const [from, to] of Object.entries(generator.files(version))) {
    const file = join(HERE, 'scenarios', from)
    const isScenario = /^scenario\./i.test(to)
    if (isScenario && !existsSync(file)) continue
    hasScenario ||= isScenario
    await cp(file, join(folder, to))
  }
  return hasScenario
}

/** Whether a result makes the whole run red: a required client that is not green, whatever the reason. */
export const isRed = ({ row: { generator, version }, compiled, ran }: Result) =>
  generator.required.includes(version) && (compiled !== 'ok' || ran !== 'ok')
