// What users of the library hand over, looked at before anything is done with it: who writes
// JavaScript, or a name that has a slip in it, shall hear of it there, and by that name.
//
// What Kafka itself refuses (a topic of no partitions, a setting that cannot be) is left to it.

import { types } from 'node:util'
import type {
  BrokerOptions, FaultBuilder, MetricsOptions, RecordHeader, RecordsOptions, RecordToProduce,
  TopicOptions,
} from './api.ts'

/** What a value may be. */
interface Rule {
  /** In words, after "must be". */
  readonly is: string
  allows(value: unknown): boolean
  /** Throws for what is wrong inside of it, which has this name. */
  readonly inside?: (value: never, name: string) => void
}

/** A rule for each field; one that is undefined counts as left out. */
type Shape = Readonly<Record<string, Rule>>
type ShapeOf<T> = { readonly [Name in keyof Required<T>]: Rule }

/**
 * Throws TypeError for a field that the shape does not know or allow. `name` is that of the value
 * inside of what was called, and empty for that itself.
 */
function checkFields(call: string, given: unknown, shape: Shape, name = ''): void {
  const where = name === '' ? call : `${call}: ${name}`
  if (!isObject(given)) throw new TypeError(`${where} takes an object, not ${shown(given)}`)
  for (const [field, value] of Object.entries(given)) {
    if (!Object.hasOwn(shape, field)) {
      throw new TypeError(`${where} knows no ${field}, but ${Object.keys(shape).join(', ')}`)
    }
    if (value === undefined) continue
    check(call, value, shape[field]!, name === '' ? field : `${name}.${field}`)
  }
}

function check(call: string, value: unknown, rule: Rule, name: string): void {
  if (!rule.allows(value)) {
    throw new TypeError(`${call}: ${name} must be ${rule.is}, not ${shown(value)}`)
  }
  rule.inside?.(value as never, name)
}

/** Short, in one line, and by its type where its text would hide that. */
function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > MOST_SHOWN ? `'${value.slice(0, MOST_SHOWN)}…'` : `'${value}'`
  }
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (types.isDate(value)) return Number.isNaN(Number(value)) ? 'an invalid date' : String(+value)
  if (typeof value !== 'object' || value === null) return String(value)
  return `an ${isObject(value) ? 'object' : Object.prototype.toString.call(value).slice(1, -1)}`
}

const MOST_SHOWN = 40

/** Neither a list nor a map, whose fields would be none: wherever it was made (jest has realms). */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function isBytes(value: unknown): boolean {
  return typeof value === 'string' || ArrayBuffer.isView(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isSettingValue(value: unknown): boolean {
  return ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
    || Array.isArray(value) && value.every(isText)
}

function isTime(value: unknown): boolean {
  const timeMs = types.isDate(value) ? Number(value) : value
  return Number.isSafeInteger(timeMs) && Number(timeMs) >= 0
}

function wholeNumber(least: number, most: number): Rule {
  return {
    is: `a whole number from ${least} to ${most}`,
    allows: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  }
}

function oneOf(...choices: readonly string[]): Rule {
  return {
    is: choices.map((choice) => `'${choice}'`).join(' or '),
    allows: (value) => choices.includes(value as string),
  }
}

function valuesOf(call: string): Rule {
  return {
    is: 'an object of names and values',
    allows: isObject,
    inside: (settings: Readonly<Record<string, unknown>>, name) => {
      for (const [setting, value] of Object.entries(settings)) {
        if (value !== undefined) check(call, value, SETTING, `${name}['${setting}']`)
      }
    },
  }
}

const MAX_INT32 = 2 ** 31 - 1
const MAX_PORT = 65535

const TEXT: Rule = { is: 'text', allows: isText }
const NAME: Rule = { is: 'text, and not empty', allows: (value) => isText(value) && value !== '' }
const PARTITION = wholeNumber(0, MAX_INT32)
const OFFSET = wholeNumber(0, Number.MAX_SAFE_INTEGER)
const BYTES_OR_NULL: Rule = {
  is: 'text, bytes (a Buffer or Uint8Array) or null',
  allows: (value) => value === null || isBytes(value),
}
const SETTING: Rule = {
  is: 'text, a number, true, false or a list of text', allows: isSettingValue,
}

const topicShape = (call: string): ShapeOf<TopicOptions> => ({
  name: TEXT,
  // That there is one at least is Kafka's to say.
  partitions: { ...wholeNumber(-MAX_INT32, MAX_INT32), is: 'a whole number' },
  configs: valuesOf(call),
})

const START = 'Broker.start'
const CREATE = 'topics.create'
const PRODUCE = 'produce'
const RECORDS = 'records'

const METRICS: ShapeOf<MetricsOptions> = { port: wholeNumber(0, MAX_PORT), host: NAME }

const OPTIONS: ShapeOf<BrokerOptions> = {
  directory: NAME,
  port: wholeNumber(0, MAX_PORT),
  host: TEXT,
  settings: valuesOf(START),
  metrics: {
    is: 'an object: { port, host }',
    allows: isObject,
    inside: (metrics, name) => checkFields(START, metrics, METRICS, name),
  },
  topics: {
    is: 'a list of names, or of { name, partitions, configs }',
    allows: Array.isArray,
    inside: (topics: readonly unknown[], name) => {
      topics.forEach((topic, i) => {
        if (!isText(topic)) checkTopic(START, topic, `${name}[${i}]`)
      })
    },
  },
  log: {
    is: "'error', 'warn', 'info', 'debug' or a function that takes lines",
    allows: (value) => (
      typeof value === 'function' || ['error', 'warn', 'info', 'debug'].includes(value as string)),
  },
}

function checkTopic(call: string, topic: unknown, name: string): void {
  checkFields(call, topic, topicShape(call), name)
  check(call, (topic as Partial<TopicOptions>).name, TEXT, `${name}.name`)
}

export function checkBrokerOptions(options: unknown): void {
  checkFields(START, options, OPTIONS)
}

export function checkForkOptions(options: unknown): void {
  const { directory: _, topics: __, ...shape } = OPTIONS
  checkFields('fork', options, shape)
}

export function checkNewTopic(name: unknown, options: unknown): void {
  check(CREATE, name, TEXT, 'name')
  checkFields(CREATE, options, topicShape(CREATE))
}

export function checkDeletedTopics(names: readonly unknown[]): void {
  for (const name of names) check('topics.delete', name, TEXT, 'each name')
}

const HEADER: ShapeOf<RecordHeader> = { key: TEXT, value: BYTES_OR_NULL }

const HEADERS: Rule = {
  is: 'an object of names and values, or a list of { key, value }',
  allows: (value) => Array.isArray(value) || isObject(value),
  inside: (headers: Readonly<Record<string, unknown>> | readonly unknown[], name) => {
    if (Array.isArray(headers)) {
      headers.forEach((header: unknown, i) => {
        checkFields(PRODUCE, header, HEADER, `${name}[${i}]`)
        check(PRODUCE, (header as RecordHeader).key, TEXT, `${name}[${i}].key`)
      })
      return
    }
    for (const [key, value] of Object.entries(headers)) {
      if (value !== undefined) check(PRODUCE, value, BYTES_OR_NULL, `${name}.${key}`)
    }
  },
}

const RECORD: ShapeOf<RecordToProduce> = {
  key: BYTES_OR_NULL,
  value: BYTES_OR_NULL,
  headers: HEADERS,
  partition: PARTITION,
  timestamp: { is: 'whole milliseconds since 1970, or a date since then', allows: isTime },
}

/** A record that was read can be written as it is. */
const RECORD_OR_READ: Shape = {
  ...RECORD,
  topic: TEXT,
  offset: { is: 'a number', allows: (value) => typeof value === 'number' },
}

export function checkProduced(topic: unknown, given: unknown): void {
  check(PRODUCE, topic, TEXT, 'topic')
  if (!Array.isArray(given)) checkFields(PRODUCE, given, RECORD_OR_READ, 'record')
  else given.forEach((one, i) => checkFields(PRODUCE, one, RECORD_OR_READ, `records[${i}]`))
}

const READING: ShapeOf<RecordsOptions> = {
  from: {
    is: "'earliest', 'latest' or an object of partitions and offsets",
    allows: (value) => value === 'earliest' || value === 'latest' || isObject(value),
    inside: (offsets: unknown, name) => {
      if (!isObject(offsets)) return
      for (const [partition, offset] of Object.entries(offsets)) {
        check(RECORDS, Number(partition), PARTITION, `each partition of ${name}`)
        if (offset !== undefined) check(RECORDS, offset, OFFSET, `${name}[${partition}]`)
      }
    },
  },
  until: oneOf('end', 'never'),
  limit: {
    is: 'a whole number from 0',
    allows: (value) => Number.isInteger(value) && Number(value) >= 0 || value === Infinity,
  },
  partitions: {
    is: 'a list of partitions',
    allows: Array.isArray,
    inside: (partitions: readonly unknown[], name) => {
      partitions.forEach((one, i) => check(RECORDS, one, PARTITION, `${name}[${i}]`))
    },
  },
  isolationLevel: oneOf('read_uncommitted', 'read_committed'),
  signal: {
    is: 'the signal of an AbortController',
    allows: (value) => Object.prototype.toString.call(value) === '[object AbortSignal]',
  },
}

export function checkReading(topic: unknown, options: unknown): void {
  check(RECORDS, topic, TEXT, 'topic')
  checkFields(RECORDS, options, READING)
}

type CloseOptions = NonNullable<Parameters<FaultBuilder<string>['close']>[0]>

const CLOSING: ShapeOf<CloseOptions> = { handled: oneOf('before', 'after') }

export function checkFaultClose(options: unknown): void {
  checkFields('faults: close', options, CLOSING)
}

export function checkPredicate(predicate: unknown): void {
  check('faults', predicate, {
    is: 'a function of the request', allows: (value) => typeof value === 'function',
  }, 'when')
}

/** Throws RangeError for what is no time to wait. */
export function checkWait(what: string, byMs: unknown): asserts byMs is number {
  if (typeof byMs === 'number' && byMs >= 0 && byMs < Infinity) return
  throw new RangeError(`${what} by a number of milliseconds from 0, not by ${shown(byMs)}`)
}
