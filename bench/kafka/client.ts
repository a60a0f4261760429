// `client.c`, a measuring client over Debian's librdkafka: building it and running it.

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureFile, ensureProgram, once } from '../../compat/harness/install.ts'
import { run } from '../../compat/harness/process.ts'

const SOURCE = 'bench/kafka/client.c'
const PATIENCE_MS = 180_000

export type Codec = 'none' | 'lz4' | 'zstd'

export interface Transfer {
  readonly messages: number
  readonly bytes: number
  readonly elapsedMs: number
  /** Of a processor, that the client computed. */
  readonly clientMs: number
}

/** p50, p99, p99.9 and the most. */
export type Quantiles = readonly [number, number, number, number]

export interface Latency {
  /** From the call that sends to the acknowledgement. */
  readonly roundTripMs: Quantiles
  /** From the call that sends to the consumer. */
  readonly endToEndMs: Quantiles
}

export interface ProducePlan {
  readonly topic: string
  readonly partitions: number
  readonly clients: number
  readonly count: number
  readonly sizeBytes: number
  readonly acks: 1 | -1
  readonly codec: Codec
}

export interface LatencyPlan {
  readonly topic: string
  readonly partitions: number
  /** Messages a second. */
  readonly rate: number
  readonly count: number
  readonly sizeBytes: number
  readonly acks: 1 | -1
}

export class Client {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  static async build(): Promise<Client> {
    await ensureProgram('cc', 'gcc')
    await ensureFile('/usr/include/librdkafka/rdkafka.h', 'librdkafka-dev')
    const recipe = readFileSync(SOURCE, 'utf8')
    const directory = await once('librdkafka-bench', recipe, async (target) => {
      const output = join(target, 'client')
      await run('cc', ['-O2', '-o', output, resolve(SOURCE), '-lrdkafka', '-lpthread'])
    })
    return new Client(join(directory, 'client'))
  }

  produce(address: string, plan: ProducePlan): Promise<Transfer> {
    const { topic, partitions, clients, count, sizeBytes, acks, codec } = plan
    return this.#run('produce', address, topic, partitions, clients, count, sizeBytes, acks, codec)
  }

  /** All that the topic has; with fewer partitions than clients each of them reads one whole. */
  consume(
    address: string, plan: Pick<ProducePlan, 'topic' | 'partitions' | 'clients'>,
  ): Promise<Transfer> {
    return this.#run('consume', address, plan.topic, plan.partitions, plan.clients, 0)
  }

  latency(address: string, plan: LatencyPlan): Promise<Latency> {
    const { topic, partitions, rate, count, sizeBytes, acks } = plan
    return this.#run('latency', address, topic, partitions, rate, count, sizeBytes, acks)
  }

  /** Throws when a message is lost or refused, too. */
  async #run<R>(...args: readonly (string | number)[]): Promise<R> {
    const { stdout } = await run(this.#path, args.map(String), { timeoutMs: PATIENCE_MS })
    const { failures, ...result } = JSON.parse(stdout) as { failures: number } & R
    if (failures > 0) throw new Error(`${failures} messages failed: ${args.join(' ')}`)
    return result as R
  }
}
