// ElectLeaders (key 43): partitions are led by their preferred replica again (KIP-183), or, where
// nobody leads, by any that lives (KIP-460). Without partitions: all those that need it; of these
// only what was done, or failed, is told.
//
// Version 1 has the type of election, and an error for the answer as a whole.

import {
  electLeaders as decide, type ElectionType,
} from '../../controller/decisions/elect-leaders.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  electLeaders, type ElectLeadersRequest, type ElectLeadersResponse,
} from '../../protocol/messages/elect-leaders.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

/** By their numbers. */
const TYPES: readonly ElectionType[] = ['preferred', 'unclean']

export const electLeadersHandler = handler(electLeaders, handleElectLeaders, {
  errorAnswer: ({ topicPartitions }, _version, errorCode, message) => ({
    errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) =>
        ({ partitionId, errorCode, errorMessage: message || null })),
    })),
  }),
})

async function handleElectLeaders(
  { electionType, topicPartitions, timeoutMs }: ElectLeadersRequest, _context: RequestContext,
  { controller }: Services,
): Promise<ElectLeadersResponse> {
  if (topicPartitions?.length === 0) {
    return { errorCode: Errors.NONE, replicaElectionResults: [] }
  }
  if (timeoutMs <= 0) throw new ApiError(Errors.REQUEST_TIMED_OUT, '')
  const type = TYPES[electionType]
  if (type === undefined) {
    throw new ApiError(Errors.INVALID_REQUEST, `Unknown election type ${electionType}`)
  }
  const elections = await controller.submit(decide(type, topicPartitions ?? undefined))
  return {
    errorCode: Errors.NONE,
    replicaElectionResults: elections.map(({ topic, results }) => ({
      topic,
      partitionResult: results.map(({ partition, error }) => ({
        partitionId: partition, errorCode: error?.code ?? Errors.NONE,
        errorMessage: error?.message ?? null,
      })),
    })),
  }
}
