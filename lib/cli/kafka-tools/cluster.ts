// `kafka-cluster`: the id of a cluster.

import { tool } from './tool.ts'

export const command = tool({
  options: { 'bootstrap-server': 'value', config: 'value' },
  aliases: { b: 'bootstrap-server', c: 'config' },
  verbs: ['cluster-id'],
  clientProperties: (given) => given.properties('config'),
  async run(_, { client, output }) {
    const { clusterId } = await client.cluster({ topics: [] })
    output.line(clusterId === null
      ? 'No cluster ID found. The Kafka version is probably too old.' : `Cluster ID: ${clusterId}`)
  },
})
