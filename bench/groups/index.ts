// `npm run bench -- groups`: the coordinators of Samsa beside those of Apache Kafka, in one run.

import { benchCommits } from './commits.ts'
import { benchLoads } from './loading.ts'
import { benchRebalances } from './rebalances.ts'
import { benchTransactions } from './transactions.ts'

export async function benchGroups(): Promise<void> {
  await benchRebalances('classic', {})
  await benchRebalances('consumer', {})
  // Without the pause between assignments: what they cost.
  await benchRebalances('consumer', { 'group.consumer.assignment.interval.ms': '0' })
  await benchLoads()
  await benchCommits()
  await benchTransactions()
}
