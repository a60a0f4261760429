// OffsetCommit (key 8): a group remembers how far it has read.
//
// Versions: 2–4 may give a retention time of their own; 6 the leader epoch of the last record
// (KIP-320); 7 static members; 9 GROUP_ID_NOT_FOUND for a group that does not exist (KIP-848); 10
// names topics by id. Partitions that do not exist are told apart before the group is asked, and
// stand first in the answer. An error of the group is one of every partition that it was asked for.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { offsetCommit, type OffsetCommitRequest, type OffsetCommitResponse }
  from '../../protocol/messages/offset-commit.ts'
import { mapLater } from '../coordinators/map-later.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { lookUp, mergedTopics, refusedTopic } from './committed-topics.ts'

type AnsweredTopic = OffsetCommitResponse['topics'][number]

const TOPIC_IDS_SINCE = 10

export const offsetCommitHandler = handler(offsetCommit, handleOffsetCommit, {
  errorAnswer: (request, _apiVersion, errorCode) =>
    ({ topics: request.topics.map((topic) => refusedTopic(topic, errorCode)) }),
})

function handleOffsetCommit(
  request: OffsetCommitRequest, { apiVersion }: RequestContext, { controller, groups }: Services,
): OffsetCommitResponse | Later<OffsetCommitResponse> {
  const { known, refused } = lookUp(
    controller.image, request.topics, apiVersion >= TOPIC_IDS_SINCE)
  if (known.length === 0) return { topics: mergedTopics(refused, []) }
  const committed = groups.commitOffsets({ ...request, topics: known }, apiVersion)
  const answer = (topics: readonly AnsweredTopic[]) => ({ topics: mergedTopics(refused, topics) })
  return mapLater(committed, ({ topics }) => answer(topics), (error) => {
    const code = error instanceof ApiError ? error.code : Errors.UNKNOWN_SERVER_ERROR
    return answer(known.map((topic) => refusedTopic(topic, code)))
  })
}
