// Requests that wait: Kafka's DelayedOperationPurgatory.

import type { Partitions } from '../../replication/partitions.ts'
import type { Server } from '../../server/server.ts'
import { type Family, gauges, type Labels, PAUSE, type Samples } from '../family.ts'

/** Those of Kafka's that anything waits in here, by the API of the requests. */
const APIS = ['Produce', 'Fetch'] as const

export function purgatoryFamilies(server: Server, partitions: Partitions): Family[] {
  const name = (what: string): string => `kafka_server_delayedoperationpurgatory_${what}`
  return [
    gauges(name('numdelayedoperations'), 'Requests that wait', ['delayedOperation'],
      () => waiting(server)),
    gauges(name('purgatorysize'),
      'Requests that wait, a fetch as often as it has partitions', ['delayedOperation'],
      () => watching(server, partitions)),
  ]
}

function waiting(server: Server): (readonly [count: number, labels: Labels])[] {
  const counts = new Map<string, number>(APIS.map((api) => [api, 0]))
  for (const connection of server.connections) {
    for (const { handler: { api: { name } } } of connection.underWay()) {
      const count = counts.get(name)
      if (count !== undefined) counts.set(name, count + 1)
    }
  }
  return [...counts].map(([delayedOperation, count]) => [count, { delayedOperation }])
}

function* watching(server: Server, partitions: Partitions): Samples {
  let readers = 0
  for (const { readerCount } of partitions.all()) {
    readers += readerCount
    yield PAUSE
  }
  for (const [value, labels] of waiting(server)) {
    yield [labels['delayedOperation'] === 'Fetch' ? readers : value, labels]
  }
}
