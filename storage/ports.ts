// The ports that storage shares with the floors above it. Time is no port here: it comes as an
// argument.

export type LogFields = Readonly<Record<string, unknown>>

/** Shared by a logger and its children, so that it can be changed while they log (KIP-412). */
export interface LogThreshold {
  /** By Kafka's names: TRACE, DEBUG, INFO, WARN, ERROR, FATAL. */
  level: string
}

/** One event, one line. `error` in the fields may be an Error. */
export interface Logger {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  /** Lines of `debug` are written: what they say is worth being found out. */
  readonly isDebug?: boolean
  /** The least that is written; left out where nobody can change it. */
  readonly threshold?: LogThreshold
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger
}
