// What a failed read or write of a coordinator's partition means to its clients.

import { ApiError, Errors, type ErrorCode } from '../../protocol/errors.ts'

// Clients of a coordinator know nothing of the partition behind it: they are told to wait, or to
// look for the coordinator again (Kafka: CoordinatorOperationExceptionHelper).
const SEEN_BY_CLIENTS: ReadonlyMap<ErrorCode, ErrorCode> = new Map<ErrorCode, ErrorCode>([
  [Errors.NETWORK_EXCEPTION, Errors.COORDINATOR_LOAD_IN_PROGRESS],
  [Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.COORDINATOR_NOT_AVAILABLE],
  [Errors.NOT_ENOUGH_REPLICAS, Errors.COORDINATOR_NOT_AVAILABLE],
  [Errors.REQUEST_TIMED_OUT, Errors.COORDINATOR_NOT_AVAILABLE],
  [Errors.NOT_LEADER_OR_FOLLOWER, Errors.NOT_COORDINATOR],
  [Errors.KAFKA_STORAGE_ERROR, Errors.NOT_COORDINATOR],
  [Errors.MESSAGE_TOO_LARGE, Errors.UNKNOWN_SERVER_ERROR],
  [Errors.RECORD_LIST_TOO_LARGE, Errors.UNKNOWN_SERVER_ERROR],
  [Errors.INVALID_FETCH_SIZE, Errors.UNKNOWN_SERVER_ERROR],
])

/** The error that a client of the coordinator gets for what went wrong below it. */
export function coordinatorError(error: unknown): ErrorCode {
  if (!(error instanceof ApiError)) return Errors.UNKNOWN_SERVER_ERROR
  return SEEN_BY_CLIENTS.get(error.code) ?? error.code
}
