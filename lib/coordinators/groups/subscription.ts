// The topics that a member of a `consumer` group subscribed to, read from its protocol metadata.

import { decodeMessage } from '../../../protocol/compile.ts'
import { array, message, string } from '../../../protocol/schema.ts'

// Every version of ConsumerProtocolSubscription begins with these fields.
const subscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 0],
  fields: { topics: array(string) },
})

const VERSION_SIZE_BYTES = 2

/** Topic names; undefined when the bytes are not what Kafka's consumer protocol says. */
export function subscribedTopics(metadata: Buffer): readonly string[] | undefined {
  try {
    if (metadata.readInt16BE(0) < 0) return undefined
    return decodeMessage(subscription, 0, metadata, VERSION_SIZE_BYTES).topics
  } catch {
    return undefined
  }
}
