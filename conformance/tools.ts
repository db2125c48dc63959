import { createHash } from 'node:crypto'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, versionOf, type Where } from './commands.ts'

export const HERE = fileURLToPath(new URL('.', import.meta.url))
export const JAR = {
  version: '7.25.0',
  sha256: '41ce4f6b07f196676439d710759fa1ced7a08066d06ff1bf314681470289efae',
}

/** What generators and their clients need: by name, how it is installed into the scratch folder and which version it is. */
export type Tool =
  'npm' | 'npm-all' | 'python' | 'java' | 'generator' | 'java-libraries' | 'go' | 'rust'

export interface Tools {
  scratch: string
  /** The environment of every program: what is installed here comes before what the machine has. */
  env: NodeJS.ProcessEnv
  jar: string
  javaLibraries: string
  /** Installs a tool once. Throws `Missing` when the machine lacks what it needs. */
  need(tool: Tool): Promise<void>
  /** Of the languages that were used, for the report. */
  versions: Map<string, string>
}

export function createTools(scratch: string, say: (text: string) => void): Tools {
  const { PATH = '', ...rest } = process.env
  const bins = [join(scratch, 'venv', 'bin'), join(scratch, 'node_modules', '.bin')]
  const env = { ...rest, PATH: [...bins, dirname(process.execPath), PATH].join(delimiter) }
  const where: Where = { cwd: scratch, env }
  const versions = new Map([['Node', process.version.slice(1)]])
  const jar = join(scratch, `openapi-generator-cli-${JAR.version}.jar`)
  const javaLibraries = join(scratch, 'java-libraries')
  const asked = new Map<Tool, Promise<void>>()

  /** Says what takes time, and does it only when it was not done before, in a scratch folder that is kept. */
  async function install(result: string, work: () => Promise<unknown>) {
    if (existsSync(join(scratch, result))) return
    say(`  installs ${result}`)
    await work()
  }

  async function npm(...omit: string[]) {
    for (const file of ['package.json', 'package-lock.json'])
      await cp(join(HERE, file), join(scratch, file))
    await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', ...omit], where)
  }

  async function fetchJar() {
    const artifact = `org.openapitools:openapi-generator-cli:${JAR.version}`
    const to = `-DoutputDirectory=${scratch}`
    await run(['mvn', '-B', '-q', 'dependency:copy', `-Dartifact=${artifact}`, to], where)
  }

  const makers: Record<Tool, () => Promise<unknown>> = {
    npm: () => install('node_modules', () => npm('--omit=dev')),
    'npm-all': () => install('node_modules/orval', () => npm()),
    async python() {
      const sentence = 'install Python 3.11 or later, with its venv module.'
      versions.set('Python', await versionOf(['python3', '--version'], sentence, where))
      await install('venv', async () => {
        await run(['python3', '-m', 'venv', 'venv'], where)
        const list = join(HERE, 'requirements.txt')
        await run(['pip', 'install', '-q', '--disable-pip-version-check', '-r', list], where)
      })
    },
    async java() {
      versions.set(
        'Java',
        await versionOf(['javac', '-version'], 'install a JDK 17 or later.', where),
      )
      versions.set(
        'Maven',
        await versionOf(['mvn', '-v'], 'install Maven, which fetches the jars.', where),
      )
    },
    async generator() {
      await need('java')
      await install(`openapi-generator-cli-${JAR.version}.jar`, fetchJar)
      const sum = createHash('sha256')
        .update(await readFile(jar))
        .digest('hex')
      if (sum !== JAR.sha256)
        throw new Error(`The jar of openapi-generator has the checksum ${sum}, not ${JAR.sha256}`)
    },
    async 'java-libraries'() {
      await need('java')
      const pom = join(HERE, 'scenarios', 'java', 'pom.xml')
      const to = `-DoutputDirectory=${javaLibraries}`
      await install('java-libraries', () =>
        run(['mvn', '-B', '-q', '-f', pom, 'dependency:copy-dependencies', to], where),
      )
    },
    async go() {
      versions.set('Go', await versionOf(['go', 'version'], 'install Go 1.24 or later.', where))
    },
    async rust() {
      versions.set(
        'Rust',
        await versionOf(['cargo', '--version'], 'install Rust, with cargo.', where),
      )
    },
  }
  async function need(tool: Tool) {
    const before = asked.get(tool)
    if (before) return before
    const made = mkdir(scratch, { recursive: true })
      .then(makers[tool])
      .then(() => {})
    asked.set(tool, made)
    return made
  }

  return { scratch, env, jar, javaLibraries, need, versions }
}
