// The eligible leader replicas of a topic, or of all, are forgotten (KIP-966).

import { message, string } from '../../protocol/schema.ts'

export const clearElrRecord = message({
  name: 'ClearElrRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    topicName: string.entity('topicName'),
  },
})
