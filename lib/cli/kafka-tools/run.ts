// Kafka's command line tools by their names, `kafka-topics` or `kafka-topics.sh`, for scripts that
// were written for Kafka's image: the options are theirs, and so are the lines that scripts read.
//
// Each is a table of options and a translation into what `samsa` does by its own verbs. An option
// that is in no table is refused by its name.

import { RefusedError, TimeoutError, UnreachableError } from '../../client/errors.ts'
import { VERSION } from '../../version.ts'
import { DONE, FAILED, InterruptedError, OutputError, UsageError } from '../exit.ts'
import { failureOf } from '../failure.ts'
import { Interruption } from '../interruption.ts'
import { Session } from '../session.ts'
import { processTerminal, type Terminal } from '../terminal.ts'
import { durationMs } from '../units.ts'
import { dashed, type Given, type OptionTable, parseOptions, takeProperties } from './options.ts'
import type { Tool, ToolSpec } from './tool.ts'

const TOOLS: Readonly<Record<string, () => Promise<{ readonly command: Tool }>>> = {
  'kafka-broker-api-versions': () => import('./broker-api-versions.ts'),
  'kafka-cluster': () => import('./cluster.ts'),
  'kafka-configs': () => import('./configs.ts'),
  'kafka-console-consumer': () => import('./console-consumer.ts'),
  'kafka-console-producer': () => import('./console-producer.ts'),
  'kafka-consumer-groups': () => import('./consumer-groups.ts'),
  'kafka-get-offsets': () => import('./get-offsets.ts'),
  'kafka-metadata-quorum': () => import('./metadata-quorum.ts'),
  'kafka-server-start': () => import('./server-start.ts'),
  'kafka-storage': () => import('./storage.ts'),
  'kafka-topics': () => import('./topics.ts'),
}

/** What does the work of tools that are not translated. */
const INSTEAD: Readonly<Record<string, string>> = {
  'kafka-consumer-perf-test': 'samsa bench',
  'kafka-delete-records': 'samsa records delete',
  'kafka-dump-log': 'samsa log dump',
  'kafka-groups': 'samsa groups',
  'kafka-producer-perf-test': 'samsa bench',
  'kafka-transactions': 'samsa transactions',
}

/** All that are answered, if only with what does their work. */
export const TOOL_NAMES: readonly string[] = [...Object.keys(TOOLS), ...Object.keys(INSTEAD)].sort()

/** As Kafka's clients have it: scripts call a tool to wait for a broker that is still starting. */
const WAIT_MS = 60_000
const WAIT_PAUSE_MS = 250
const REQUEST_TIMEOUT_MS = 30_000
/** Whose tools these are like. */
const KAFKA_VERSION = '4.4.0'
const CLIENT_PROPERTIES = [
  'bootstrap.servers', 'default.api.timeout.ms', 'request.timeout.ms', 'security.protocol',
] as const

/** Runs a tool; resolves with its exit code. */
export async function runKafkaTool(
  file: string, args: readonly string[], terminal: Terminal = processTerminal(),
): Promise<number> {
  const name = file.replace(/\.sh$/, '')
  try {
    const exitCode = await run(name, args, terminal)
    await terminal.drained()
    return exitCode
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OutputError)) throw error
    terminal.writeError(`${name}: ${error.message}\n`)
    return FAILED
  }
}

async function run(name: string, args: readonly string[], terminal: Terminal): Promise<number> {
  const load = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined
  if (load === undefined) {
    const instead = INSTEAD[name]
    throw new UsageError('Samsa does not have this tool of Kafka'
      + (instead === undefined ? '' : `; \`${instead}\` does its work`))
  }
  if (args.includes('--version')) {
    terminal.writeOut(`${KAFKA_VERSION} (Samsa:${VERSION})\n`)
    return DONE
  }
  const { command } = await load()
  if (args.includes('--help') && 'options' in command) {
    terminal.writeError(`${name} of Samsa ${VERSION}. There are: ${dashed(command.options)}\n`)
    return FAILED
  }
  if ('runLocal' in command) return await command.runLocal(args, terminal)
  const given = parseOptions(args, command)
  const interruption = new Interruption(terminal)
  const { session, waitMs } = sessionOf(command, given, { terminal, interruption })
  try {
    await untilReachable(session, waitMs, name)
    return await command.run(given, session) ?? DONE
  } catch (error) {
    if (error instanceof UsageError || error instanceof OutputError) throw error
    const { exitCode, message } = await failureOf(
      session.isInterrupted ? new InterruptedError() : error, session)
    if (session.isInterrupted) return exitCode
    if (command.fail === undefined) {
      terminal.writeError(`${name}: ${message}\n`)
      return FAILED
    }
    // The real tools print what the broker said, and no more.
    return command.fail(error instanceof RefusedError ? error.message : message, { session, args })
  } finally {
    session.close()
    interruption.end()
  }
}

function sessionOf(
  { clientProperties = fromFile }: ToolSpec<OptionTable>, given: Given<OptionTable>,
  { terminal, interruption }: { terminal: Terminal, interruption: Interruption },
): { session: Session, waitMs: number } {
  const properties = takeProperties(clientProperties(given), CLIENT_PROPERTIES)
  const protocol = properties['security.protocol'] ?? 'PLAINTEXT'
  if (protocol !== 'PLAINTEXT') {
    throw new UsageError(`security.protocol=${protocol}: Samsa's tools speak PLAINTEXT alone`)
  }
  const bootstrap = given.required('bootstrap-server')
  const millisOf = (name: keyof typeof properties, otherwise: number): string => (
    `${properties[name] ?? otherwise}ms`)
  const timeout = millisOf('request.timeout.ms', REQUEST_TIMEOUT_MS)
  const waitMs = durationMs('default.api.timeout.ms', millisOf('default.api.timeout.ms', WAIT_MS))
  const session = new Session({ bootstrap, json: false, timeout }, terminal, interruption)
  return { session, waitMs }
}

const fromFile = (given: Given<OptionTable>): Map<string, string> => (
  given.properties('command-config'))

/** Throws what keeps the last try from the broker. */
async function untilReachable(session: Session, waitMs: number, name: string): Promise<void> {
  const { client, clock, terminal } = session
  const endMs = clock.monotonicMs() + waitMs
  let isTold = false
  for (;;) {
    try {
      await client.any()
      return
    } catch (error) {
      const isComing = error instanceof UnreachableError || error instanceof TimeoutError
      if (!isComing || clock.monotonicMs() + WAIT_PAUSE_MS > endMs) throw error
      if (!isTold) {
        terminal.writeError(`${name}: ${error.message}; it tries for ${waitMs / 1000} s\n`)
      }
      isTold = true
      await client.pause(WAIT_PAUSE_MS)
    }
  }
}
