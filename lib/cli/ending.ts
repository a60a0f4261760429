// How a command ends that cannot do what it was asked: with one line, and the exit code.

import type { Logger } from '../../storage/ports.ts'
import { ArgumentError, environmentError } from '../start-error.ts'
import { FAILED, USAGE } from './exit.ts'

/** Gives the exit code. The stack of an error that nobody expected is for the debug level. */
export function endWith(error: unknown, logger: Logger): number {
  const known = environmentError(error)
  logger.error(known?.message ?? `This should not happen: ${String(error)}`)
  logger.debug('The end came from here', { error })
  return error instanceof ArgumentError ? USAGE : FAILED
}
