// Values of configs: how Kafka reads them from text, and what it says to those it does not take.

import { ApiError, Errors } from '../protocol/errors.ts'

export type ConfigType = 'boolean' | 'short' | 'int' | 'long' | 'double' | 'string' | 'list'
export type ConfigValue = boolean | number | string | readonly string[]

/**
 * Throws INVALID_CONFIG when a value of the right type is not allowed. `text` is what was given.
 */
export type Check = (name: string, value: ConfigValue, text: string) => void

const LIMITS = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

export function badValue(name: string, text: string, why: string): ApiError {
  return new ApiError(
    Errors.INVALID_CONFIG, `Invalid value ${text} for configuration ${name}: ${why}`)
}

/** Longs beyond 2^53 come as the nearest double. Throws INVALID_CONFIG. */
export function readValue(name: string, type: ConfigType, text: string): ConfigValue {
  const trimmed = text.trim()
  switch (type) {
    case 'string': return trimmed
    case 'list': return trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
    case 'boolean': {
      const lower = trimmed.toLowerCase()
      if (lower === 'true') return true
      if (lower === 'false') return false
      throw badValue(name, text, 'Expected value to be either true or false')
    }
    case 'double': {
      const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[fd]?$/i.test(trimmed)
      if (isNumber) return Number(trimmed.replace(/[fd]$/i, ''))
      throw badValue(name, text, 'Not a number of type DOUBLE')
    }
    case 'short': case 'int': case 'long': {
      const [lowest, highest] = LIMITS[type]
      if (/^[+-]?\d+$/.test(trimmed)) {
        const value = BigInt(trimmed.replace(/^\+/, ''))
        if (value >= lowest && value <= highest) return Number(value)
      }
      throw badValue(name, text, `Not a number of type ${type.toUpperCase()}`)
    }
  }
}

/** As Java shows a double. */
export function doubleText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? value.toFixed(1) : String(value)
}

export function atLeast(minimum: number): Check {
  return (name, value, text) => {
    if (Number(value) < minimum) throw badValue(name, text, `Value must be at least ${minimum}`)
  }
}

export function between(minimum: number, maximum: number): Check {
  const checkMinimum = atLeast(minimum)
  return (name, value, text) => {
    checkMinimum(name, value, text)
    if (Number(value) > maximum) throw badValue(name, text, `Value must be no more than ${maximum}`)
  }
}

export function oneOf(...allowed: readonly string[]): Check {
  return (name, value) => {
    if (allowed.includes(String(value))) return
    throw badValue(name, String(value), `String must be one of: ${allowed.join(', ')}`)
  }
}

/** Each at most once, and none that is empty; none at all is fine. */
export const anyList: Check = (name, value) => {
  const values = value as readonly string[]
  if (new Set(values).size < values.length) throw badList(name, 'duplicated')
  if (values.includes('')) throw badList(name, 'empty')
}

/** Each of these at most once; none at all is fine. */
export function listOf(...allowed: readonly string[]): Check {
  const checkOne = oneOf(...allowed)
  return (name, value) => {
    const values = value as readonly string[]
    if (new Set(values).size < values.length) throw badList(name, 'duplicated')
    for (const one of values) {
      if (one === '') throw badList(name, 'empty')
      checkOne(name, one, one)
    }
  }
}

function badList(name: string, what: string): ApiError {
  return new ApiError(
    Errors.INVALID_CONFIG, `Configuration '${name}' values must not be ${what}.`)
}

/** `partition:broker` pairs, or the one word `*` for all. */
export const throttledReplicas: Check = (name, value) => {
  const values = (value as readonly string[]).map((one) => one.trim())
  if (values.every((one) => /^([0-9]+:[0-9]+)?$/.test(one)) || values.join('') === '*') return
  throw badValue(name, `[${values.join(', ')}]`, `${name} must be the literal '*' or a list of ` +
    'replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...')
}

/** −1 is the library's own default. */
export const gzipLevel: Check = (name, value, text) => {
  const level = Number(value)
  if (level === -1 || (level >= 1 && level <= 9)) return
  throw badValue(name, text, 'Value must be between 1 and 9 or equal to -1')
}
