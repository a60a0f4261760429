// Brokers for the tests of one file, closed after each of them, and what one reads of them.

import { afterEach } from '@jest/globals'
import { Broker, type BrokerOptions, type RecordsOptions } from '../../../lib/index.ts'

/** Gives the way to start one. */
export function brokersOfTests(): (options?: BrokerOptions) => Promise<Broker> {
  const brokers: Broker[] = []
  afterEach(async () => {
    await Promise.all(brokers.splice(0).map((broker) => broker.close()))
  })
  return async (options) => {
    const broker = await Broker.start(options)
    brokers.push(broker)
    return broker
  }
}

/** As text, in the order in which they come. */
export async function values(
  broker: Broker, topic: string, options?: RecordsOptions,
): Promise<string[]> {
  const found: string[] = []
  for await (const { value } of broker.records(topic, options)) found.push(String(value))
  return found
}

/** Resolves when it is true; a test that waits in vain ends, and says for what. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!await isTrue()) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}

const PATIENCE_MS = 12_000
