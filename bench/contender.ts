// The two brokers that benches hold side by side: Samsa, and the Kafka that it is held against.
// Either can be ended and started again on its directory.

import { startKafka } from '../compat/harness/kafka.ts'
import { processorMs, residentMegabytes } from '../compat/harness/proc.ts'
import { sleep, until } from '../compat/harness/process.ts'
import { startSamsa } from '../compat/harness/samsa.ts'
import { Wire } from '../compat/harness/wire.ts'
import { findCoordinator } from '../protocol/messages/find-coordinator.ts'
import { createTopic } from './requests.ts'

export type Side = 'Samsa' | 'Kafka'
export const SIDES: readonly Side[] = ['Samsa', 'Kafka']

export interface Contender {
  readonly side: Side
  readonly address: string
  /** Processor time that the process has used so far. */
  cpuMs(): number
  /** Resident. */
  memoryMegabytes(): number
  /** Ends it in order, and starts it on what it wrote; gives the times of that. */
  restart(): Promise<Restarted>
  dispose(): Promise<void>
}

export interface Restarted {
  /** On the clock of `performance.now`. */
  readonly spawnedMs: number
  readonly readyMs: number
}

const COORDINATOR_KINDS = { group: 0, transaction: 1 } as const

export async function start(
  side: Side, settings: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const broker = side === 'Samsa'
    ? await startSamsa(settings, { pollMs: 2 }) : await startKafka('4.4.0', settings)
  return {
    side, address: broker.address,
    cpuMs: () => processorMs(broker.pid),
    memoryMegabytes: () => residentMegabytes(broker.pid),
    async restart() {
      await broker.stop()
      const spawnedMs = performance.now()
      await broker.start()
      return { spawnedMs, readyMs: performance.now() }
    },
    dispose: () => broker.dispose(),
  }
}

/** Creates a topic and that of the coordinators, and waits until one of these answers. */
export async function setUp(
  { address }: Contender, topic: string, numPartitions: number,
  kind: keyof typeof COORDINATOR_KINDS,
): Promise<void> {
  const wire = await Wire.connect(address)
  await createTopic(wire, topic, numPartitions)
  await until(`a coordinator of ${kind}s`, 120_000, async () => {
    const { coordinators } = await wire.ask(findCoordinator, 6,
      { keyType: COORDINATOR_KINDS[kind], coordinatorKeys: ['bench'] })
    return coordinators[0]!.errorCode === 0 || undefined
  })
  wire.close()
  await sleep(1000) // its partitions may be loading still
}
