// OffsetDelete (key 47): a group forgets how far it has read in some partitions.
//
// Offsets of topics that the group is subscribed to stay (GROUP_SUBSCRIBED_TO_TOPIC, KIP-496).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { offsetDelete, type OffsetDeleteRequest, type OffsetDeleteResponse }
  from '../../protocol/messages/offset-delete.ts'
import { mapLater } from '../coordinators/map-later.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type AskedTopic = OffsetDeleteRequest['topics'][number]
type AnsweredTopic = OffsetDeleteResponse['topics'][number]

export const offsetDeleteHandler = handler(offsetDelete, handleOffsetDelete, {
  errorAnswer: (_request, _apiVersion, errorCode) => ({ errorCode, topics: [] }),
})

function handleOffsetDelete(
  request: OffsetDeleteRequest, _context: RequestContext, { controller, groups }: Services,
): Later<OffsetDeleteResponse> {
  const isThere = (name: string, index: number) =>
    controller.image.topics.byName(name)?.partitions.has(index) === true
  const known = parts(request.topics, isThere)
  const missing = parts(request.topics, (name, index) => !isThere(name, index)).map(refused)
  return mapLater<OffsetDeleteResponse, OffsetDeleteResponse>(
    groups.deleteOffsets({ ...request, topics: known }),
    ({ topics }) => ({ errorCode: Errors.NONE, topics: merged(missing, topics) }),
    (error) => ({
      errorCode: error instanceof ApiError ? error.code : Errors.UNKNOWN_SERVER_ERROR,
      topics: [],
    }))
}

/** The topics with those partitions that pass; without the topics of which none does. */
function parts(
  topics: readonly AskedTopic[], passes: (name: string, index: number) => boolean,
): AskedTopic[] {
  return topics
    .map(({ name, partitions }) => ({
      name,
      partitions: partitions.filter(({ partitionIndex }) => passes(name, partitionIndex)),
    }))
    .filter(({ partitions }) => partitions.length > 0)
}

function refused({ name, partitions }: AskedTopic): AnsweredTopic {
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) =>
      ({ partitionIndex, errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION })),
  }
}

function merged(
  first: readonly AnsweredTopic[], then: readonly AnsweredTopic[],
): readonly AnsweredTopic[] {
  const all = new Map(first.map((topic) => [topic.name, topic]))
  for (const topic of then) {
    const partitions = [...all.get(topic.name)?.partitions ?? [], ...topic.partitions]
    all.set(topic.name, { name: topic.name, partitions })
  }
  return [...all.values()]
}
