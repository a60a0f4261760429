// The command line in full, by yargs: one grammar, `samsa NOUN VERB`, help, and a word on every
// mistake. What a command needs is loaded when it is the one that is asked for.

import yargs, { type Argv } from 'yargs'
import { nearest } from '../config/nearest.ts'
import { VERSION } from '../version.ts'
import { LOG_LEVELS } from '../world/logger.ts'
import type { Command, Runner } from './command.ts'
import { InterruptedError, OutputError, UsageError } from './exit.ts'
import { failureOf, outputFailure, tell, usageFailure } from './failure.ts'
import { Interruption } from './interruption.ts'
import { COMPLETION_HELP, INTRODUCTION } from './introduction.ts'
import { Session } from './session.ts'
import { checked, guarded, withValues } from './strictness.ts'
import { Output, processTerminal, type Terminal } from './terminal.ts'

const LOG_FORMATS = ['text', 'json'] as const
const WIDEST_HELP = 100

interface Noun {
  readonly name: string
  readonly describe: string
  load(): Promise<{ readonly commands: readonly Command[] }>
}

/** Those with verbs. */
const NOUNS: readonly Noun[] = [
  {
    name: 'topics', describe: 'List, describe, create, alter and delete topics',
    load: () => import('./topics.ts'),
  },
  {
    name: 'groups', describe: 'List, describe, reset and delete groups, and see their lag',
    load: () => import('./groups.ts'),
  },
  {
    name: 'configs', describe: 'Get, set, unset and explain settings',
    load: () => import('./configs.ts'),
  },
  {
    name: 'transactions', describe: 'List, describe and abort transactions',
    load: () => import('./transactions.ts'),
  },
  {
    name: 'records', describe: 'Delete records from the front of partitions',
    load: () => import('./records.ts'),
  },
  {
    name: 'log', describe: 'Show what is in the files of a data directory',
    load: () => import('./log.ts'),
  },
]

const SERVER = [{ name: 'start' }, { name: 'format' }]

/** Those that are a verb themselves. */
const VERBS: readonly Noun[] = [
  {
    name: 'produce', describe: 'Write records: lines of standard input or of files',
    load: () => import('./produce.ts'),
  },
  {
    name: 'consume', describe: 'Read records, to the end of the topic or on and on',
    load: () => import('./consume.ts'),
  },
  {
    name: 'quorum', describe: 'Leader, voters and observers of the metadata',
    load: () => import('./quorum.ts'),
  },
  {
    name: 'doctor', describe: 'Can a client with this bootstrap really work?',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'bench', describe: 'Measure produce, consume and the time of a round trip',
    load: () => import('./bench.ts'),
  },
]

/** Runs what the arguments ask for; resolves with the exit code. */
export async function runCommand(
  args: readonly string[], terminal: Terminal = processTerminal(),
): Promise<number> {
  const output = new Output(terminal, wantsJson(args))
  try {
    const exitCode = await run(args, terminal)
    await terminal.drained()
    return exitCode
  } catch (error) {
    if (error instanceof OutputError) return tell(outputFailure(error), { terminal, output })
    if (!(error instanceof UsageError)) throw error
    const { message, next = `samsa ${helpFor(args)}--help says what there is.` } = error
    return tell(usageFailure(new UsageError(message, next)), { terminal, output })
  }
}

function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0 || (args.length === 1 && ['--help', 'help', '-h'].includes(args[0]!))) {
    terminal.writeOut(INTRODUCTION)
    return 0
  }
  await checkWords(args)
  let exitCode = 0
  const runner: Runner = async (options, run) => {
    const interruption = new Interruption(terminal)
    exitCode = await runInSession(new Session(options, terminal, interruption), run)
      .finally(() => interruption.end())
  }
  const parser = await grammar(args, terminal, runner, (code) => { exitCode = code })
  if (args[0] === 'completion') {
    if (args.includes('--help') || args.includes('-h')) terminal.writeOut(COMPLETION_HELP)
    else parser.showCompletionScript()
    return 0
  }
  await parser.parseAsync()
  return exitCode
}

/** Throws UsageError for what is no command; whether the rest fits it yargs knows. */
async function checkWords(args: readonly string[]): Promise<void> {
  const words = args.filter((one) => one !== '--json')
  const isJson = words.length < args.length
  const [first, second] = words
  if (first === undefined && isJson) throw new UsageError('name what to do')
  if (!isWritten(first)) return
  const noun = NOUNS.find(({ name }) => name === first)
  if (noun === undefined) {
    const names = [...NOUNS, ...VERBS, ...SERVER].map(({ name }) => name)
    if ([...names, 'completion'].includes(first)) return
    throw unknownCommand(first, names)
  }
  const verbs = (await noun.load()).commands.map(({ usage }) => usage.split(' ')[0]!)
  if (second === undefined && isJson) throw new UsageError(`name what to do: ${verbs.join(', ')}`)
  if (isWritten(second) && !verbs.includes(second)) throw unknownCommand(second, verbs, `${first} `)
}

/** Whether it is there, and no option. */
function isWritten(word: string | undefined): word is string {
  return word !== undefined && !word.startsWith('-') && word !== 'help'
}

function unknownCommand(word: string, names: readonly string[], noun = ''): UsageError {
  const meant = nearest(word, names)
  return new UsageError(`there is no command ${word}`
    + (meant === undefined ? '' : `. Did you mean ${meant}?`),
  `samsa ${noun}--help says what there is.`)
}

function helpFor(args: readonly string[]): string {
  const [noun = '', verb = ''] = args
  if (NOUNS.some(({ name }) => name === noun)) return isWord(verb) ? `${noun} ${verb} ` : `${noun} `
  return [...VERBS, ...SERVER].some(({ name }) => name === noun) ? `${noun} ` : ''
}

function isWord(text: string): boolean {
  return /^[a-z]+$/.test(text) && text !== 'help'
}

async function runInSession(
  session: Session, run: (session: Session) => Promise<number | void>,
): Promise<number> {
  try {
    return await run(session) ?? 0
  } catch (error) {
    // These are told where there may be no session.
    if (error instanceof UsageError || error instanceof OutputError) throw error
    const reason = session.isInterrupted ? new InterruptedError() : error
    return tell(await failureOf(reason, session), session)
  } finally {
    session.close()
  }
}

async function grammar(
  args: readonly string[], terminal: Terminal, runner: Runner, setExitCode: (code: number) => void,
): Promise<Argv> {
  const parser = yargs(guarded(args))
    .scriptName('samsa')
    .locale('en')
    .usage(`samsa ${VERSION}: a Kafka broker, and a command line for any Kafka`)
  withServerCommands(parser, terminal, setExitCode)
  for (const noun of NOUNS) {
    // What is not asked for is not loaded.
    const commands = args.includes(noun.name) ? (await noun.load()).commands : []
    withNoun(parser, noun, commands, runner, terminal)
  }
  for (const { name, describe, load } of VERBS) {
    if (!args.includes(name)) parser.command(name, describe)
    else for (const one of (await load()).commands) one.register(parser, runner)
  }
  return parser
    .completion('completion', 'Print a script that lets bash or zsh complete commands')
    .version(VERSION)
    .help()
    .alias('help', 'h')
    .strict()
    .wrap(Math.min(terminal.columns ?? WIDEST_HELP, WIDEST_HELP))
    .exitProcess(false)
    // Without a throw yargs would go on and run the command.
    .fail((message, error) => {
      // What yargs itself finds wrong is its user's mistake, ours is not.
      const isOurs = error !== undefined && error.name !== 'YError'
      throw isOurs ? error : new UsageError(message)
    })
}

function withNoun(
  parser: Argv, { name, describe }: Noun, commands: readonly Command[], runner: Runner,
  terminal: Terminal,
): void {
  parser.command(name, describe, (builder) => {
    builder.usage(`samsa ${name}: ${describe.toLowerCase()}`)
    for (const one of commands) one.register(builder, runner)
    return builder
  }, () => {
    parser.showHelp((help) => terminal.writeOut(`${help}\n`))
  })
}

function withServerCommands(
  parser: Argv, terminal: Terminal, setExitCode: (code: number) => void,
): void {
  parser
    .command('start [file]', 'Run a node until SIGTERM or SIGINT', startOptions, async (all) => {
      const given = checked(parser, 'start [file]', all)
      const { start } = await import('./start.ts')
      setExitCode(await start({
        file: given.file, overrides: given.override,
        isEnvironment: given.environment, readyFile: given.readyFile,
        logFormat: given.logFormat, logLevel: given.logLevel, maxOpenFiles: given.maxOpenFiles,
        metricsPort: given.metricsPort, metricsHost: given.metricsHost,
      }))
    })
    .command('format [file]', 'Prepare empty log directories', formatOptions, async (all) => {
      const given = checked(parser, 'format [file]', all)
      const { format } = await import('./format.ts')
      setExitCode(format({
        file: given.file, overrides: given.override, clusterId: given.clusterId,
        isStandalone: given.standalone,
      }, terminal))
    })
}

function settingsOptions(command: Argv) {
  return command
    .positional('file', { type: 'string', describe: 'A server.properties, as Kafka reads it' })
    .option('override', {
      type: 'string', array: true, default: [] as string[],
      describe: 'A setting, key=value, that wins over the file; may be given again',
    })
}

function startOptions(command: Argv) {
  return withValues(settingsOptions(command)
    .option('environment', {
      type: 'boolean', default: false,
      describe: 'KAFKA_* variables are settings too, as in Kafka\'s Docker image',
    })
    .option('ready-file', {
      type: 'string',
      describe: 'Holds the addresses of the listeners from when the node is ready until it stops',
    })
    .option('log-format', {
      choices: LOG_FORMATS, default: 'text' as const,
      describe: 'Lines for a terminal, or one JSON object each',
    })
    .option('log-level', {
      choices: LOG_LEVELS, default: 'info' as const, describe: 'The least that is logged',
    })
    .option('max-open-files', {
      type: 'number', default: 4000,
      describe: 'Files of logs that are open at a time; others are opened again when needed',
    })
    .option('metrics-port', {
      type: 'number',
      describe: 'Serves /metrics (Prometheus), /healthz and /readyz over HTTP on this port; 0: a '
        + 'free one, which the log names; left out: not at all',
    })
    .option('metrics-host', {
      type: 'string', describe: 'The address for them; left out: loopback alone',
    }), 'start [file]')
}

function formatOptions(command: Argv) {
  return withValues(settingsOptions(command).option('cluster-id', {
    type: 'string', demandOption: true,
    describe: 'The id of the cluster: 16 bytes in base64url, 22 characters',
  }).option('standalone', {
    type: 'boolean', default: false,
    describe: 'Has the metadata log name this node as the only voter (kraft.version 1)',
  }), 'format [file]')
}
