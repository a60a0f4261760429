// The log of a node: one line per event on standard error, readable on a terminal or as JSON.

import type { Logger } from '../../storage/ports.ts'

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export type LogFormat = 'text' | 'json'

export interface LoggerOptions {
  readonly level?: LogLevel
  readonly format?: LogFormat
  /** Takes one line, newline included; left out: standard error. */
  readonly write?: (line: string) => void
  readonly nowMs?: () => number
}

type Fields = Record<string, unknown>

class Threshold {
  #level = ''
  /** Of the last of LOG_LEVELS that is written; −1: none is. */
  rank = 0

  constructor(level: string) {
    this.level = level
  }

  get level(): string {
    return this.#level
  }

  set level(level: string) {
    this.#level = level
    // Nothing is finer than DEBUG here, and nothing that is logged is FATAL.
    const name = level === 'TRACE' ? 'debug' : level.toLowerCase()
    this.rank = LOG_LEVELS.findIndex((one) => one === name)
  }
}

/** A logger that writes lines; `child` adds fields to every line of its own. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', format = 'text', nowMs = Date.now } = options
  const write = options.write ?? ((line: string) => { process.stderr.write(line) })
  const threshold = new Threshold(level.toUpperCase())
  const layout = format === 'json' ? jsonLine : textLine

  const make = (common: Fields): Logger => {
    const at = (name: LogLevel) => {
      const rank = LOG_LEVELS.indexOf(name)
      return (message: string, fields?: Fields): void => {
        if (rank > threshold.rank) return
        write(layout(nowMs(), name, message, fields ? { ...common, ...fields } : common))
      }
    }
    return {
      error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'),
      get isDebug() {
        return threshold.rank >= LOG_LEVELS.indexOf('debug')
      },
      threshold,
      child: (fields) => make({ ...common, ...fields }),
    }
  }
  return make({})
}

/** A logger that says nothing, for tests and libraries. */
export function silentLogger(): Logger {
  return createLogger({ level: 'error', write: () => {} })
}

function textLine(timeMs: number, level: LogLevel, message: string, fields: Fields): string {
  const time = new Date(timeMs).toISOString().replace('T', ' ').slice(0, 23)
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${oneLine(message)}`
  let stack = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    line += ` ${name}=${textValue(value)}`
    if (value instanceof Error && value.stack !== undefined) stack = stackOf(value)
  }
  return `${line}${stack}\n`
}

/** What one cannot mistake for the start of another field or line. */
function textValue(value: unknown): string {
  if (value === null || ['number', 'boolean'].includes(typeof value)) return String(value)
  const text = value instanceof Error ? value.message
    : typeof value === 'string' ? value
    : JSON.stringify(value) ?? String(value)
  return /^[!#-<>-~\u00a1-\uffff]+$/.test(text) ? text : oneLine(JSON.stringify(text))
}

function stackOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  const callers = frames.slice(0, 6).map((line) => line.slice('    at '.length))
  return callers.length === 0 ? '' : ` at ${callers.join(' < ')}`
}

// Control characters of a client's choosing must not forge lines or move the cursor of a terminal.
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => (
    `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  ))
}

function jsonLine(timeMs: number, level: LogLevel, message: string, fields: Fields): string {
  const plain: Fields = {}
  for (const [name, value] of Object.entries(fields)) {
    plain[name] = value instanceof Error ? { message: value.message, stack: value.stack } : value
  }
  return `${JSON.stringify({ time: new Date(timeMs).toISOString(), level, message, ...plain })}\n`
}
