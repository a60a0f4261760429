// A topic is deleted, with its partitions and settings.

import { message, uuid } from '../../protocol/schema.ts'

export const removeTopicRecord = message({
  name: 'RemoveTopicRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    topicId: uuid,
  },
})
