// CreateTopics (key 19): new topics, by count or with an assignment of replicas.
//
// The topics of the request come first, in its order; names given twice and `__cluster_metadata`
// follow with their errors. Names that collide within one request are both created, as in Kafka.
//
// Versions: from 4 on partitions and replication factor may be −1 for the cluster's defaults
// (KIP-464); from 5 the answer tells the settings that the topic has (KIP-525), from 7 its id
// (KIP-516).

import { METADATA_TOPIC } from '../../controller/controller.ts'
import { createTopics as decide } from '../../controller/decisions/create-topics.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  createTopics, type CreateTopicsRequest, type CreateTopicsResponse,
} from '../../protocol/messages/create-topics.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const createTopicsHandler = handler(createTopics, handleCreateTopics, {
  errorAnswer: ({ topics }, _version, errorCode, errorMessage) => ({
    topics: topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage || null })),
  }),
})

async function handleCreateTopics(
  request: CreateTopicsRequest, _context: RequestContext, { controller }: Services,
): Promise<CreateTopicsResponse> {
  const { once, twice } = byOccurrence(request.topics.map(({ name }) => name))
  const topics = request.topics.filter(({ name }) => once.has(name) && name !== METADATA_TOPIC)
  // A time-out that has passed before the controller begins: nothing is created.
  if (topics.length > 0 && request.timeoutMs <= 0) {
    throw new ApiError(Errors.REQUEST_TIMED_OUT, '')
  }
  const { validateOnly } = request
  const results = topics.length === 0 ? []
    : await controller.submit(decide({ topics, validateOnly }))
  const refused = (name: string, errorMessage: string): typeof results[number] =>
    ({ name, errorCode: Errors.INVALID_REQUEST, errorMessage })
  return {
    topics: [
      ...results,
      ...[...twice].map((name) => refused(name, 'Duplicate topic name.')),
      ...once.has(METADATA_TOPIC)
        ? [refused(METADATA_TOPIC, `Creation of internal topic ${METADATA_TOPIC} is prohibited.`)]
        : [],
    ],
  }
}

/** Tells names that are there once from those that are there more often. */
export function byOccurrence<T>(names: readonly T[]): { once: Set<T>, twice: Set<T> } {
  const once = new Set<T>()
  const twice = new Set<T>()
  for (const name of names) {
    if (twice.has(name)) continue
    if (once.delete(name)) twice.add(name)
    else once.add(name)
  }
  return { once, twice }
}
