// Kafka's TransactionalMessageCopier as a process: it reads a topic in a group, and in one
// transaction each writes what a poll gave it to another topic and commits where it stands.

import { createInterface } from 'node:readline'
import { installTools } from '../java/tools.ts'
import { jarsOf } from '../harness/java.ts'
import { start } from '../harness/process.ts'

/** Of the client: `older` is from before KIP-890, and the two share one broker and one group. */
export type Release = 'newest' | 'older'

const JARS: Readonly<Record<Release, () => Promise<string>>> = {
  newest: installTools,
  older: () => jarsOf('older-copier', 'compat/transactions/pom.xml'),
}

export const installCopiers = async (): Promise<void> => {
  await JARS.newest()
  await JARS.older()
}

export interface CopierOptions {
  readonly release: Release
  readonly address: string
  readonly input: string
  readonly output: string
  readonly group: string
  readonly transactionalId: string
  /** The partition that is copied; without one the copier subscribes as a member of the group. */
  readonly partition?: number
  readonly flags: readonly string[]
}

export interface Copier {
  readonly transactionalId: string
  /** Records of transactions that it knows to be committed. */
  readonly copied: number
  /** Undefined while it runs. */
  readonly end: string | undefined
  readonly stderr: string
  kill(): void
}

const RECORDS_PER_TRANSACTION = 20
const JAVA_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']

export async function startCopier(options: CopierOptions): Promise<Copier> {
  const { release, address, input, output, group, transactionalId, partition, flags } = options
  const child = start('java', [...JAVA_FLAGS, '-cp', await JARS[release](),
    'org.apache.kafka.tools.TransactionalMessageCopier', '--broker-list', address,
    '--input-topic', input, '--output-topic', output, '--input-partition', String(partition ?? 0),
    '--consumer-group', group, '--transactional-id', transactionalId,
    '--transaction-size', String(RECORDS_PER_TRANSACTION), '--enable-random-aborts',
    ...partition === undefined ? ['--group-mode'] : [], ...flags])
  const state = {
    transactionalId,
    copied: 0,
    end: undefined as string | undefined,
    stderr: '',
    kill: () => { child.kill('SIGKILL') },
  }
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { totalProcessed } = JSON.parse(line) as { totalProcessed: number }
    state.copied = totalProcessed
  })
  child.stderr!.on('data', (chunk) => { state.stderr += String(chunk) })
  child.on('close', (code, signal) => { state.end = signal ?? `exit code ${code}` })
  return state
}
