// OffsetCommit (key 8): a group remembers how far it has read.
//
// Versions: 2–4 may give a retention time of their own; 6 the leader epoch of the last record
// (KIP-320); 7 static members; 9 GROUP_ID_NOT_FOUND for a group that does not exist (KIP-848); 10
// names topics by id. Partitions that do not exist are told apart before the group is asked, and
// stand first in the answer. An error of the group is one of every partition that it was asked for.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { offsetCommit, type OffsetCommitRequest, type OffsetCommitResponse }
  from '../../protocol/messages/offset-commit.ts'
import type { Image } from '../../controller/image/image.ts'
import { mapLater } from '../coordinators/map-later.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { mergedTopics } from './committed-topics.ts'

type AskedTopic = OffsetCommitRequest['topics'][number]
type AnsweredTopic = OffsetCommitResponse['topics'][number]

const TOPIC_IDS_SINCE = 10

export const offsetCommitHandler = handler(offsetCommit, handleOffsetCommit, {
  errorAnswer: (request, _apiVersion, errorCode) =>
    ({ topics: request.topics.map((topic) => refused(topic, errorCode)) }),
})

function handleOffsetCommit(
  request: OffsetCommitRequest, { apiVersion }: RequestContext, { controller, groups }: Services,
): OffsetCommitResponse | Later<OffsetCommitResponse> {
  const known: AskedTopic[] = []
  const unknown: AnsweredTopic[] = []
  for (const topic of request.topics) sort(controller.image, topic, apiVersion, known, unknown)
  if (known.length === 0) return { topics: mergedTopics(unknown, []) }
  const committed = groups.commitOffsets({ ...request, topics: known }, apiVersion)
  const answer = (topics: readonly AnsweredTopic[]) => ({ topics: mergedTopics(unknown, topics) })
  return mapLater(committed, ({ topics }) => answer(topics), (error) => {
    const code = error instanceof ApiError ? error.code : Errors.UNKNOWN_SERVER_ERROR
    return answer(known.map((topic) => refused(topic, code)))
  })
}

/** What exists of the topic goes to the group, with its name and id; the rest is answered here. */
function sort(
  { topics }: Image, asked: AskedTopic, apiVersion: number,
  known: AskedTopic[], unknown: AnsweredTopic[],
): void {
  const byId = apiVersion >= TOPIC_IDS_SINCE
  const topic = byId ? topics.byId(asked.topicId) : topics.byName(asked.name)
  if (topic === undefined) {
    const code = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION
    unknown.push(refused(asked, code))
    return
  }
  const named = { ...asked, name: topic.name, topicId: topic.id }
  const isThere = ({ partitionIndex }: AskedTopic['partitions'][number]) =>
    topic.partitions.has(partitionIndex)
  const missing = asked.partitions.filter((partition) => !isThere(partition))
  const there = asked.partitions.filter(isThere)
  if (missing.length > 0) {
    unknown.push(refused({ ...named, partitions: missing }, Errors.UNKNOWN_TOPIC_OR_PARTITION))
  }
  if (there.length > 0) known.push({ ...named, partitions: there })
}

function refused({ name, topicId, partitions }: AskedTopic, errorCode: number): AnsweredTopic {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
}
