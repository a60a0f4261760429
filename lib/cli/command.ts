// What a command is: its words, its options, and what it does.

import type { ArgumentsCamelCase, Argv } from 'yargs'
import type { CommonOptions, Session } from './session.ts'
import { checked, withValues } from './strictness.ts'

/** An exit code, or nothing where all went well. */
export type Ending = number | void

/** Runs with a session, tells what fails, and keeps the exit code. */
export type Runner = (
  options: CommonOptions, run: (session: Session) => Promise<Ending>,
) => Promise<void>

/** One command, as `commands.ts` puts it into the grammar. */
export interface Command {
  readonly usage: string
  register(yargs: Argv, runner: Runner): Argv
}

export interface CommandSpec<O> {
  /** With its positionals: `describe <topics..>`. */
  readonly usage: string
  readonly describe: string
  /** It speaks to no broker. */
  readonly isLocal?: boolean
  /** Lines that can be typed, with what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[]
  options(yargs: Argv<CommonOptions>): Argv<O>
  run(given: ArgumentsCamelCase<O>, session: Session): Promise<Ending>
}

const DEFAULT_BOOTSTRAP = 'localhost:9092'

export function command<O extends CommonOptions>(spec: CommandSpec<O>): Command {
  const { usage, describe, examples } = spec
  let known: Argv | undefined
  return {
    usage,
    register: (yargs, runner) => yargs.command(
      usage, describe,
      (builder) => {
        for (const [line, does] of examples) builder.example(line, does)
        const common = withCommonOptions(builder)
        const own = spec.options(spec.isLocal === true
          ? common.hide('bootstrap').hide('timeout') : common)
        known = builder
        return withValues(own, usage)
      },
      async (given) => {
        const meant = checked(known!, usage, given)
        await runner(meant, (session) => spec.run(meant, session))
      },
    ),
  }
}

const COMMON = 'Everywhere:'

function withCommonOptions(yargs: Argv): Argv<CommonOptions> {
  return yargs
    .option('bootstrap', {
      alias: 'b', type: 'string', group: COMMON,
      default: process.env['SAMSA_BOOTSTRAP'] ?? DEFAULT_BOOTSTRAP,
      defaultDescription: `$SAMSA_BOOTSTRAP, or ${DEFAULT_BOOTSTRAP}`,
      describe: 'Brokers to begin with, host:port, separated by commas',
    })
    .option('json', {
      type: 'boolean', default: false, group: COMMON, describe: 'JSON instead of text',
    })
    .option('timeout', {
      type: 'string', default: '10s', group: COMMON,
      describe: 'For a connection, and for each answer',
    })
}

/** For what a broker can be asked about without doing it. */
export function withDryRun<O>(yargs: Argv<O>) {
  return yargs.option('dry-run', {
    type: 'boolean', default: false, describe: 'Ask the broker whether it could, and do nothing',
  })
}

/** For what cannot be undone. */
export function withConfirmation<O>(yargs: Argv<O>) {
  return yargs
    .option('yes', {
      alias: 'y', type: 'boolean', default: false, describe: 'Do it without asking',
    })
    .option('dry-run', {
      type: 'boolean', default: false, describe: 'Say what would be done, and do nothing',
    })
}
