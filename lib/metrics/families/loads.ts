// How the partitions of coordinators are loaded: Kafka's CoordinatorRuntimeMetrics, and those of
// its transaction coordinator.

import type { GroupCoordinator } from '../../coordinators/groups/coordinator.ts'
import type { TransactionCoordinator } from '../../coordinators/transactions/coordinator.ts'
import type { RecentValues } from '../../../controller/recent-values.ts'
import type { Clock } from '../../world/clock.ts'
import { type Family, gauge } from '../family.ts'

export function loadFamilies(
  groups: GroupCoordinator, transactions: TransactionCoordinator,
  clock: Pick<Clock, 'monotonicMs'>,
): Family[] {
  const ofGroups = (what: string): string => `kafka_server_group_coordinator_metrics_${what}`
  const times = (coordinator: string, { timesMs }: { readonly timesMs: RecentValues }) => {
    const name = `kafka_server_${coordinator}_coordinator_metrics_partition_load_time`
    return [
      gauge(`${name}_avg`, 'Milliseconds that loading a partition took, in the last minute',
        () => timesMs.mean(clock.monotonicMs())),
      gauge(`${name}_max`, 'Milliseconds that loading a partition took at most, in the last minute',
        () => timesMs.max(clock.monotonicMs())),
    ]
  }
  return [
    ...(['loading', 'active', 'failed'] as const).map((state) => gauge(
      ofGroups(`state_${state}_num_partitions`), `Partitions of __consumer_offsets, ${state}`,
      () => groups.loads[state])),
    ...times('group', groups.loads), ...times('transaction', transactions.loads),
  ]
}
