// Log levels as clients see and change them while the node runs (KIP-412). A node has one logger,
// `root`; what is changed lasts until the node stops.

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Logger } from '../../storage/ports.ts'

const ROOT = 'root'
const LEVELS: readonly (string | null)[] = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN']

export interface LoggerChange {
  readonly name: string
  readonly value: string | null
  /** Undefined: one that nobody knows. */
  readonly operation: 'set' | 'delete' | 'append' | 'subtract' | undefined
}

/** Throws for what cannot be changed so, in Kafka's words; then nothing is changed. */
export function checkLoggerChanges(
  nodeName: string, nodeId: number, changes: readonly LoggerChange[],
): void {
  if (!/^[+-]?\d+$/.test(nodeName)) {
    throw invalid(`Node id must be an integer, but it is: ${nodeName}`)
  }
  if (Number(nodeName) !== nodeId) {
    throw invalid(`Unexpected node id. Expected ${nodeId}, but received ${Number(nodeName)}`)
  }
  for (const change of changes) checkChange(change)
}

/** What has been checked. */
export function changeLoggers(logger: Logger, changes: readonly LoggerChange[]): void {
  for (const { name, value } of changes) {
    if (value === null || logger.threshold === undefined) continue
    logger.threshold.level = value
    logger.warn('The log level was changed', { logger: name, level: value })
  }
}

/** Logger → level. */
export function loggerLevels({ threshold }: Logger): ReadonlyMap<string, string> {
  return new Map(threshold === undefined ? [] : [[ROOT, threshold.level]])
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
