// DeleteTopics: by id; names are resolved against the same image.

import { Errors, type ErrorCode } from '../../protocol/errors.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import type { Decision } from './decision.ts'

/** Deletes the topics that exist. Answers an error by id; NONE for those deleted. */
export function deleteTopics(ids: readonly string[]): Decision<ReadonlyMap<string, ErrorCode>> {
  return ({ image }) => {
    const records: NewRecord[] = []
    const answer = new Map<string, ErrorCode>()
    for (const topicId of new Set(ids)) {
      const isThere = image.topics.byId(topicId) !== undefined
      answer.set(topicId, isThere ? Errors.NONE : Errors.UNKNOWN_TOPIC_ID)
      if (isThere) records.push(record('removeTopic', 0, { topicId }))
    }
    return { records, answer }
  }
}
