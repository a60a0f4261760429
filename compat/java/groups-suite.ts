// Kafka's tools for groups and transactions, in a suite of their own: theirs is a broker where
// members that were killed are missed soon.

import type { Suite } from '../harness/check.ts'
import { decoderCheck } from './decoders.ts'
import { groupChecks } from './groups.ts'
import { transactionToolChecks } from './transactions.ts'
import { verifiableChecks } from './verifiable.ts'
import { installTools } from './tools.ts'

export const javaGroupsSuite: Suite = {
  name: 'java-groups',
  client: 'Apache Kafka 4.3.1 tools (groups)',
  checks: [...transactionToolChecks, ...groupChecks, ...verifiableChecks, decoderCheck],
  install: async () => { await installTools() },
  overrides: {
    'group.consumer.min.session.timeout.ms': '6000',
    'group.consumer.session.timeout.ms': '6000',
    'group.consumer.min.heartbeat.interval.ms': '1000',
    'group.consumer.heartbeat.interval.ms': '1000',
  },
}
