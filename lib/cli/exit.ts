// How a command ends that cannot do what it was asked, and with which exit code.

import { reasonOf } from '../start-error.ts'

/** Done. */
export const DONE = 0
/** A broker refused, or something failed. */
export const FAILED = 1
/** The arguments are no command, or contradict each other; nothing was done. */
export const USAGE = 2
/** No broker answered. */
export const UNREACHABLE = 3

/** Arguments that are no command of ours. Its message is for whoever typed them. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** What to do next, where it is not the help of the command. */
  readonly next: string | undefined

  constructor(message: string, next?: string) {
    super(message)
    this.next = next
  }
}

/** Something is not as it was asked for; it says what to do next. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly next: string | undefined

  constructor(message: string, next?: string) {
    super(message)
    this.next = next
  }
}

/** Standard output takes no more. */
export class OutputError extends CommandError {
  override readonly name = 'OutputError'

  constructor(cause: Error) {
    super(`standard output cannot be written: ${reasonOf(cause)}`)
  }
}

/** The user pressed Ctrl-C: what was under way ends, in order. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}
