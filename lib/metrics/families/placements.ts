// Partitions as the metadata has them: of Kafka's KafkaController and ReplicaManager what takes a
// look at each, told by one walk over them.

import type { Controller } from '../../../controller/controller.ts'
import { NO_LEADER, type Partition, type Topic } from '../../../controller/image/topics.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { counted, type Family, sums } from '../family.ts'

interface Placement {
  readonly topic: Topic
  readonly index: number
  readonly state: Partition
}

/** `nodeId`: of the broker. */
export function placementFamilies(
  controller: Controller, partitions: Partitions, nodeId: number,
): Family[] {
  return sums(() => placementsOf(controller), [
    counted('kafka_controller_kafkacontroller_globalpartitioncount', 'Partitions of the cluster',
      () => true),
    counted('kafka_controller_kafkacontroller_offlinepartitionscount',
      'Partitions without a leader', ({ state: { leader } }) => leader === NO_LEADER),
    counted('kafka_controller_kafkacontroller_preferredreplicaimbalancecount',
      'Partitions led by another than their first replica',
      ({ state: { leader, replicas } }) => leader !== replicas[0]),
    counted('kafka_server_replicamanager_reassigningpartitions',
      'Partitions led here that get other replicas', ({ state }) => state.leader === nodeId
        && state.addingReplicas.length + state.removingReplicas.length > 0),
    // Those too that could not be opened, for their directory failed before.
    counted('kafka_server_replicamanager_offlinereplicacount',
      'Replicas of this node that lie in a directory that failed',
      ({ topic: { id }, index, state }) => partitions.isOffline(id, index, state)),
  ])
}

function* placementsOf({ image: { topics } }: Controller): Generator<Placement> {
  for (const topic of topics.all()) {
    for (const [index, state] of topic.partitions) yield { topic, index, state }
  }
}
