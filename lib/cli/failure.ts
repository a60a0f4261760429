// What a command says when it could not do what it was asked: what is wrong, and what to do next.

import { ApiError, errorName } from '../../protocol/errors.ts'
import { DecodeError } from '../../protocol/reader.ts'
import {
  ForeignError, RefusedError, TimeoutError, UnreachableError, UnsupportedError,
} from '../client/errors.ts'
import { nearest } from '../config/nearest.ts'
import { environmentError } from '../start-error.ts'
import {
  CommandError, DONE, FAILED, InterruptedError, type OutputError, UNREACHABLE, USAGE,
  UsageError,
} from './exit.ts'
import type { Session } from './session.ts'

export interface Failure {
  readonly exitCode: number
  /** One line, or several that belong together. */
  readonly message: string
  /** What to do next. */
  readonly next: string | undefined
  /** Kafka's name of the error, where it is a broker's. */
  readonly code?: string
}

/** 128 and the number of SIGINT, as shells have it. */
const INTERRUPTED = 130

/** Gives what is to be said; throws what is a bug. */
export async function failureOf(error: unknown, session: Session): Promise<Failure> {
  if (error instanceof UsageError) return usageFailure(error)
  if (error instanceof InterruptedError) {
    return { exitCode: INTERRUPTED, message: 'interrupted', next: undefined }
  }
  if (error instanceof CommandError) {
    return { exitCode: FAILED, message: error.message, next: error.next }
  }
  if (error instanceof RefusedError || error instanceof ApiError) return refusal(error, session)
  const { message } = error as Error
  if (error instanceof UnreachableError) {
    return { exitCode: UNREACHABLE, message, next: nextOfUnreachable(error) }
  }
  if (error instanceof TimeoutError) {
    return {
      exitCode: UNREACHABLE, message,
      next: 'Is it busy, or is the network slow? A longer --timeout waits longer.',
    }
  }
  if (error instanceof ForeignError) {
    return { exitCode: UNREACHABLE, message, next: nextOfForeign(error) }
  }
  if (error instanceof UnsupportedError) {
    return { exitCode: FAILED, message, next: OTHER_VERSION }
  }
  if (error instanceof DecodeError) {
    return {
      exitCode: FAILED, message: `an answer of the broker cannot be read: ${message}`,
      next: 'Please report it, with the version of the broker.',
    }
  }
  const known = environmentError(error)
  if (known !== undefined) return { exitCode: FAILED, message: known.message, next: undefined }
  throw error
}

export function usageFailure({ message, next }: UsageError): Failure {
  return { exitCode: USAGE, message, next }
}

export function outputFailure({ message, next }: OutputError): Failure {
  return { exitCode: FAILED, message, next }
}

function nextOfUnreachable({ code, address }: UnreachableError): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'Is the broker running? `samsa start` runs one on localhost:9092; '
        + '--bootstrap HOST:PORT names another.'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Is the name right? \`samsa doctor ${address}\` looks closer.`
    default:
      return `\`samsa doctor ${address}\` looks closer.`
  }
}

function nextOfForeign({ speaks }: ForeignError): string {
  switch (speaks) {
    case 'HTTP': return 'That is a web server. Kafka listens on another port, most often on 9092.'
    case 'TLS': return 'The listener wants TLS. Name one that speaks PLAINTEXT.'
    default: return 'Is it the port of a broker? A listener with TLS or SASL cuts connections, too.'
  }
}

async function refusal(error: ApiError, session: Session): Promise<Failure> {
  const code = errorName(error.code)
  return {
    exitCode: FAILED, message: `${messageOf(error, code)} (${code})`, code,
    next: await nextOf(code, error instanceof RefusedError ? error.about : '', session),
  }
}

function messageOf(error: ApiError, code: string): string {
  const said = error.message.replace(/\.$/, '')
  if (!(error instanceof RefusedError)) return said
  return code === 'UNKNOWN_TOPIC_OR_PARTITION' && error.about.startsWith('topic ')
    ? `there is no ${error.about}` : `${error.about}: ${said}`
}

async function nextOf(
  code: string, about: string, session: Session,
): Promise<string | undefined> {
  const [kind, name = ''] = about.split(' ')
  if (code === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return kind === 'topic' ? nextOfUnknownTopic(name, session)
      : '`samsa topics describe` shows which partitions a topic has.'
  }
  return NEXT.get(code)
}

async function nextOfUnknownTopic(name: string, session: Session): Promise<string> {
  const create = `\`samsa topics create ${name}\` makes it.`
  try {
    const { topics } = await session.client.cluster({ topics: 'all' })
    const meant = nearest(name, topics.keys())
    return meant === undefined
      ? `\`samsa topics list\` shows which there are; ${create}`
      : `Did you mean ${meant}? \`samsa topics list\` shows which there are; ${create}`
  } catch {
    return create
  }
}

const OTHER_VERSION = 'The broker is of another version: it may be too old.'

const NEXT: ReadonlyMap<string, string> = new Map([
  ['TOPIC_ALREADY_EXISTS', '`--if-not-exists` takes it as it is; `samsa topics alter` changes it.'],
  ['INVALID_TOPIC_EXCEPTION',
    'A name has letters, digits, ".", "_" and "-", at most 249; internal topics are their own.'],
  ['INVALID_REPLICATION_FACTOR',
    'There cannot be more replicas than brokers: `--replicas 1` works on one.'],
  ['INVALID_PARTITIONS', 'Partitions can be added, never taken away.'],
  ['INVALID_CONFIG', '`samsa configs explain NAME` says what a setting takes.'],
  ['NON_EMPTY_GROUP', 'Stop its members first: `samsa groups members GROUP` shows them.'],
  ['GROUP_ID_NOT_FOUND', '`samsa groups list` shows which there are.'],
  ['GROUP_SUBSCRIBED_TO_TOPIC', 'Stop the members that read the topic first.'],
  ['UNKNOWN_MEMBER_ID', 'The group has members; stop them first: `samsa groups members GROUP`.'],
  ['TRANSACTIONAL_ID_NOT_FOUND', '`samsa transactions list` shows which there are.'],
  ['OFFSET_OUT_OF_RANGE', '`samsa topics describe TOPIC` shows the first and last offsets.'],
  ['MESSAGE_TOO_LARGE', 'The topic takes as much as max.message.bytes says: '
    + '`samsa configs set topic TOPIC max.message.bytes=BYTES`.'],
  ['NOT_ENOUGH_REPLICAS', '`samsa topics describe TOPIC` shows which replicas are in sync.'],
  ['LEADER_NOT_AVAILABLE', '`samsa topics describe TOPIC` shows which replicas are there.'],
  ['TOPIC_AUTHORIZATION_FAILED', 'The broker lets another user do this.'],
  ['GROUP_AUTHORIZATION_FAILED', 'The broker lets another user do this.'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'The broker lets another user do this.'],
  ['TOPIC_DELETION_DISABLED', 'The broker is run with delete.topic.enable=false.'],
  ['UNSUPPORTED_VERSION', OTHER_VERSION],
  ['POLICY_VIOLATION', 'Whoever runs the cluster can tell what its policy allows.'],
])

/** To standard error: in two lines, or an object where JSON is asked for. Gives its exit code. */
export function tell(
  { message, next, code, exitCode }: Failure,
  { terminal, output }: Pick<Session, 'terminal' | 'output'>,
): number {
  if (output.isJson) {
    terminal.writeError(`${JSON.stringify({ error: { code, message, next } })}\n`)
  } else {
    terminal.writeError(`samsa: ${message}\n`)
    if (next !== undefined) terminal.writeError(`${next}\n`)
  }
  return exitCode
}

/** A refusal as a member of a JSON result. */
export function errorJson(error: RefusedError): { code: string, message: string } {
  return { code: error.codeName, message: error.message }
}

/** Tells those of several results that are refusals; gives the exit code. */
export async function tellRefusals(
  results: readonly unknown[], session: Session,
): Promise<number> {
  const refusals = results.filter((one) => one instanceof RefusedError)
  // In JSON they are in the result.
  if (!session.output.isJson) {
    for (const error of refusals) tell(await failureOf(error, session), session)
  }
  return refusals.length === 0 ? DONE : FAILED
}
