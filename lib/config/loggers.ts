// Log levels as clients would change them (KIP-412). A node has one logger, `root`, whose level is
// given when it starts.

import { ApiError, Errors } from '../../protocol/errors.ts'

const ROOT = 'root'
const LEVELS: readonly (string | null)[] = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN']

export interface LoggerChange {
  readonly name: string
  readonly value: string | null
  /** Undefined: one that nobody knows. */
  readonly operation: 'set' | 'delete' | 'append' | 'subtract' | undefined
}

/** Refuses every change: one that Kafka would refuse with Kafka's words. */
export function refuseLoggerChanges(
  nodeName: string, nodeId: number, changes: readonly LoggerChange[],
): never {
  if (!/^[+-]?\d+$/.test(nodeName)) {
    throw invalid(`Node id must be an integer, but it is: ${nodeName}`)
  }
  if (Number(nodeName) !== nodeId) {
    throw invalid(`Unexpected node id. Expected ${nodeId}, but received ${Number(nodeName)}`)
  }
  for (const change of changes) checkChange(change)
  throw invalid('The log level is given when the node starts; it cannot be changed while it runs.')
}

function checkChange({ name, value, operation }: LoggerChange): void {
  if (operation !== 'set' && operation !== 'delete') {
    const what = operation?.toUpperCase() ?? 'Unknown'
    throw invalid(`${what} operation is not allowed for the BROKER_LOGGER resource`)
  }
  if (name !== ROOT) {
    throw new ApiError(Errors.INVALID_CONFIG, `Logger ${name} does not exist!`)
  }
  if (operation === 'delete') {
    throw invalid('Removing the log level of the root logger is not allowed')
  }
  if (LEVELS.includes(value)) return
  throw new ApiError(Errors.INVALID_CONFIG,
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. ` +
    `Valid log levels are ${LEVELS.join(', ')}`)
}

function invalid(why: string): ApiError {
  return new ApiError(Errors.INVALID_REQUEST, why)
}
