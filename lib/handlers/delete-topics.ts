// DeleteTopics (key 20): topics by name, or by id.
//
// Kafka shuffles its answer, so that positions tell nothing about topics that one may not see;
// Samsa does too.
//
// Versions: 1–5 list names; from 6 on each topic is a name or an id, never both (KIP-516). From 5
// on errors have messages (KIP-599). Before 3 a node that forbids deletion calls the request
// invalid.

import { deleteTopics as decide } from '../../controller/decisions/delete-topics.ts'
import type { Image } from '../../controller/image/image.ts'
import { ApiError, Errors, errorMessage, type ErrorCode } from '../../protocol/errors.ts'
import {
  deleteTopics, type DeleteTopicsRequest, type DeleteTopicsResponse,
} from '../../protocol/messages/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { byOccurrence } from './create-topics.ts'

type Result = DeleteTopicsResponse['responses'][number]

interface Wanted {
  readonly name: string | null
  readonly topicId: string
}

export const deleteTopicsHandler = handler(deleteTopics, handleDeleteTopics, {
  errorAnswer: (request, version, errorCode) => ({
    responses: wantedTopics(request, version).map(({ name, topicId }) =>
      ({ name, topicId, errorCode })),
  }),
})

function wantedTopics(request: DeleteTopicsRequest, apiVersion: number): readonly Wanted[] {
  if (apiVersion >= 6) return request.topics
  return request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
}

async function handleDeleteTopics(
  request: DeleteTopicsRequest, { apiVersion }: RequestContext, services: Services,
): Promise<DeleteTopicsResponse> {
  const { config, controller, random } = services
  if (!config.deleteTopicEnable) {
    if (apiVersion < 3) throw new ApiError(Errors.INVALID_REQUEST, 'Topic deletion is disabled.')
    throw new ApiError(Errors.TOPIC_DELETION_DISABLED)
  }
  if (request.timeoutMs <= 0) throw new ApiError(Errors.REQUEST_TIMED_OUT)
  const { results, namesById } = resolve(wantedTopics(request, apiVersion), controller.image)
  const codes = await controller.submit(decide([...namesById.keys()]))
  for (const [topicId, code] of codes) {
    results.push(result(namesById.get(topicId) ?? null, topicId, code, null))
  }
  for (let i = results.length - 1; i > 0; i--) {
    const other = random.integer(i + 1)
    const held = results[i]!
    results[i] = results[other]!
    results[other] = held
  }
  return { responses: results }
}

function result(
  name: string | null, topicId: string, errorCode: ErrorCode, message: string | null,
): Result {
  const text = errorCode === Errors.NONE ? null : message ?? errorMessage(errorCode)
  return { name, topicId, errorCode, errorMessage: text }
}

/** What can be answered at once, and the topics that are there, by id. */
function resolve(
  wanted: readonly Wanted[], image: Image,
): { results: Result[], namesById: Map<string, string> } {
  const results: Result[] = []
  const refuse = (name: string | null, topicId: string, why: string): void => {
    results.push(result(name, topicId, Errors.INVALID_REQUEST, why))
  }
  const names: string[] = []
  const ids: string[] = []
  for (const { name, topicId } of wanted) {
    if (name === null && topicId === ZERO_UUID) {
      refuse(null, ZERO_UUID, 'Neither topic name nor id were specified.')
    } else if (name === null) {
      ids.push(topicId)
    } else if (topicId === ZERO_UUID) {
      names.push(name)
    } else {
      refuse(name, topicId, 'You may not specify both topic name and topic id.')
    }
  }
  const uniqueNames = byOccurrence(names)
  const uniqueIds = byOccurrence(ids)
  for (const name of uniqueNames.twice) refuse(name, ZERO_UUID, 'Duplicate topic name.')
  for (const id of uniqueIds.twice) refuse(null, id, 'Duplicate topic id.')
  const namesById = new Map<string, string>()
  for (const id of uniqueIds.once) {
    const topic = image.topics.byId(id)
    if (topic) namesById.set(id, topic.name)
    else results.push(result(null, id, Errors.UNKNOWN_TOPIC_ID, null))
  }
  for (const name of uniqueNames.once) {
    const topic = image.topics.byName(name)
    if (!topic) {
      results.push(result(name, ZERO_UUID, Errors.UNKNOWN_TOPIC_OR_PARTITION, null))
    } else if (uniqueIds.twice.has(topic.id) || namesById.has(topic.id)) {
      namesById.delete(topic.id)
      refuse(name, topic.id, 'The provided topic name maps to an ID that was already supplied.')
    } else {
      namesById.set(topic.id, name)
    }
  }
  return { results, namesById }
}
