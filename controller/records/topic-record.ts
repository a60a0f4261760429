// A topic is created; its partitions follow.

import { message, string, uuid } from '../../protocol/schema.ts'

export const topicRecord = message({
  name: 'TopicRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    name: string.entity('topicName'),
    topicId: uuid,
  },
})
