// The broker under test: a process that is killed, stopped and started on the same directory.

import { type BrokerProcess, freePort } from '../../compat/harness/broker.ts'
import { placed, samsaAt } from '../../compat/harness/samsa.ts'

/** A time-out that lets a run see what follows from it. */
export const SESSION_MS = 3000
export const TRANSACTION_PARTITIONS = 3

const SETTINGS: Readonly<Record<string, string>> = {
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': String(TRANSACTION_PARTITIONS),
  'group.initial.rebalance.delay.ms': '200',
  'group.min.session.timeout.ms': '1000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': String(SESSION_MS),
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '300',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
}
const START_LIMIT_MS = 300_000

/** `command`: what Node runs, before `start` and its settings. */
export async function startBroker(
  command: readonly string[], directory: string,
): Promise<BrokerProcess> {
  const address = `127.0.0.1:${await freePort()}`
  const args = placed(address, directory, SETTINGS)
  const broker = samsaAt({ address, directory, args, command, timeoutMs: START_LIMIT_MS })
  await broker.start()
  return broker
}
