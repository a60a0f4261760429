// The command line in full, by yargs: help, version, and a word on every mistake.

import yargs, { type Argv } from 'yargs'
import { VERSION } from '../version.ts'
import { LOG_LEVELS } from '../world/logger.ts'

const LOG_FORMATS = ['text', 'json'] as const

const INTRODUCTION = `Samsa ${VERSION}: a Kafka broker.

  samsa start                       one node on localhost:9092, data in ./samsa-data
  samsa start server.properties     with settings from a file, as Kafka has them

Point any Kafka client at the address that it prints.`

/** Runs what the arguments ask for; resolves with the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let exitCode = 0
  const parser = yargs([...args])
    .scriptName('samsa')
    .usage(INTRODUCTION)
    .command('start [file]', 'Run a node until SIGTERM or SIGINT', startOptions, async (given) => {
      const { start } = await import('./start.ts')
      exitCode = await start({
        file: given.file, overrides: given.override,
        logFormat: given.logFormat, logLevel: given.logLevel, maxOpenFiles: given.maxOpenFiles,
      })
    })
    .command('format [file]', 'Prepare empty log directories', formatOptions, async (given) => {
      const { format } = await import('./format.ts')
      exitCode = format({
        file: given.file, overrides: given.override, clusterId: given.clusterId,
      })
    })
    .version(VERSION)
    .help()
    .strict()
    .recommendCommands()
    .wrap(100)
    .exitProcess(false)
    // Without a throw yargs would go on and run the command.
    .fail((message, error) => {
      // What yargs itself finds wrong is its user's mistake, ours is not.
      const isOurs = error !== undefined && error.name !== 'YError'
      throw isOurs ? error : new UsageError(message)
    })
  if (args.length === 0) {
    parser.showHelp((help) => process.stdout.write(`${help}\n`))
    return 0
  }
  try {
    await parser.parseAsync()
    return exitCode
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`samsa: ${error.message}\nsamsa --help says what there is.\n`)
    return 1
  }
}

/** Arguments that are no command of ours. */
class UsageError extends Error {}

function settingsOptions(command: Argv) {
  return command
    .positional('file', { type: 'string', describe: 'A server.properties, as Kafka reads it' })
    .option('override', {
      type: 'string', array: true, nargs: 1, default: [] as string[],
      describe: 'A setting, key=value, that wins over the file; may be given again',
    })
}

function startOptions(command: Argv) {
  return settingsOptions(command)
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
}

function formatOptions(command: Argv) {
  return settingsOptions(command).option('cluster-id', {
    type: 'string', demandOption: true,
    describe: 'The id of the cluster: 16 bytes in base64url, 22 characters',
  })
}
