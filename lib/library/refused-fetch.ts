// The answer to a Fetch of which no partition can be served, each for the same reason.
//
// Kafka's own answer to a Fetch that fails as a whole has, by topic ids, one error for all of it,
// which clients take for a matter of the session. A test that says NOT_LEADER_OR_FOLLOWER means
// the partitions.

import { Errors } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { FetchedPartition } from '../replication/fetch-sessions.ts'
import { failedRead } from '../replication/partition-read.ts'
import type { Services } from '../services.ts'

const OF_THE_WHOLE: ReadonlySet<number> = new Set([
  Errors.FETCH_SESSION_ID_NOT_FOUND, Errors.INVALID_FETCH_SESSION_EPOCH,
  Errors.FETCH_SESSION_TOPIC_ID_ERROR,
])

/** Undefined for an error that concerns the request as a whole. Throws those of its session. */
export function refusedFetch(
  request: FetchRequest, apiVersion: number, { fetchSessions }: Pick<Services, 'fetchSessions'>,
  errorCode: number,
): FetchResponse | undefined {
  if (OF_THE_WHOLE.has(errorCode)) return undefined
  const session = fetchSessions.begin(request, apiVersion)
  const responses: { topic: string, topicId: string, partitions: FetchedPartition[] }[] = []
  for (const target of session.targets) {
    const { topic, topicId, asked } = target
    const fetched = failedRead(asked.partition, errorCode, [])
    session.tells(target, fetched)
    const last = responses.at(-1)
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(fetched)
    else responses.push({ topic, topicId, partitions: [fetched] })
  }
  return { errorCode: Errors.NONE, sessionId: session.sessionId, responses }
}
