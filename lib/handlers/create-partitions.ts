// CreatePartitions (key 37): topics grow to a count of partitions (KIP-195). Names given twice come
// first, with their error; an empty list of assignments is not the same as none.

import { createPartitions as decide } from '../../controller/decisions/create-partitions.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  createPartitions, type CreatePartitionsRequest, type CreatePartitionsResponse,
} from '../../protocol/messages/create-partitions.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { byOccurrence } from './create-topics.ts'

export const createPartitionsHandler = handler(createPartitions, handleCreatePartitions, {
  errorAnswer: ({ topics }, _version, errorCode, errorMessage) => ({
    results: topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage || null })),
  }),
})

async function handleCreatePartitions(
  request: CreatePartitionsRequest, _context: RequestContext, { controller }: Services,
): Promise<CreatePartitionsResponse> {
  const { once, twice } = byOccurrence(request.topics.map(({ name }) => name))
  const topics = request.topics.filter(({ name }) => once.has(name))
  if (topics.length > 0 && request.timeoutMs <= 0) {
    throw new ApiError(Errors.REQUEST_TIMED_OUT, '')
  }
  const results = topics.length === 0 ? []
    : await controller.submit(decide(topics, request.validateOnly))
  const duplicates = [...twice].map((name) =>
    ({ name, errorCode: Errors.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }))
  return { results: [...duplicates, ...results] }
}
