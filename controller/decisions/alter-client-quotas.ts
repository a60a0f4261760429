// AlterClientQuotas: quotas of users, client ids and addresses are set and removed (KIP-546,
// KIP-612 for addresses).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { type QuotaEntity, quotaPrefix } from '../image/client-data.ts'
import { isIpAddress } from '../ip-addresses.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import type { Decision, DecisionContext } from './decision.ts'

export interface QuotaChange {
  readonly key: string
  /** Null removes the quota. */
  readonly value: number | null
}

export interface QuotaAlteration {
  readonly entity: QuotaEntity
  readonly changes: readonly QuotaChange[]
}

/** An error for an entity; null: its quotas are as wished. */
export interface QuotaResult {
  readonly entity: QuotaEntity
  readonly error: ApiError | null
}

type NumberType = 'double' | 'long' | 'int'

const ENTITY_TYPES: readonly string[] = ['user', 'client-id', 'ip']
/** Kafka's types of what may be limited. */
const CLIENT_QUOTAS: ReadonlyMap<string, NumberType> = new Map([
  ['producer_byte_rate', 'long'], ['consumer_byte_rate', 'long'],
  ['request_percentage', 'double'], ['controller_mutation_rate', 'double'],
])
const IP_QUOTAS: ReadonlyMap<string, NumberType> = new Map([['connection_creation_rate', 'int']])
const GREATEST: Readonly<Record<NumberType, number>> =
  { double: Infinity, long: 2 ** 63, int: 2 ** 31 - 1 }
/** A value may be so far from a whole number, for it may come of a computation. */
const TOLERANCE = 1e-6
const MAX_RECORDS = 10_000

/** Answers one result for each entity. Throws POLICY_VIOLATION for too many changes at once. */
export function alterClientQuotas(
  alterations: readonly QuotaAlteration[], validateOnly: boolean,
): Decision<readonly QuotaResult[]> {
  return (context) => {
    const records: NewRecord[] = []
    const results = new Map<string, QuotaResult>()
    for (const { entity, changes } of alterations) {
      const key = quotaPrefix(entity)
      try {
        // Who comes a second time is refused, but what was decided the first time stays.
        if (results.has(key) || hasDuplicates(changes)) {
          throw invalid(`Ignoring duplicate entity ${textOf(entity)}`)
        }
        records.push(...alter(context, entity, changes))
        results.set(key, { entity, error: null })
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        results.set(key, { entity, error })
      }
    }
    if (records.length > MAX_RECORDS) {
      throw new ApiError(
        Errors.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
    }
    return { records: validateOnly ? [] : records, answer: [...results.values()] }
  }
}

function invalid(why: string): ApiError {
  return new ApiError(Errors.INVALID_REQUEST, why)
}

function hasDuplicates(changes: readonly QuotaChange[]): boolean {
  return new Set(changes.map(({ key }) => key)).size < changes.length
}

/** As Kafka's messages have it. */
function textOf(entity: QuotaEntity): string {
  const entries = [...entity].map(([type, name]) => `${type}=${String(name)}`)
  return `ClientQuotaEntity(entries={${entries.join(', ')}})`
}

function alter(
  { image }: DecisionContext, entity: QuotaEntity, changes: readonly QuotaChange[],
): NewRecord[] {
  const allowed = quotasOf(entity)
  const parts = [...entity].map(([entityType, entityName]) => ({ entityType, entityName }))
  return changes.flatMap(({ key, value }): NewRecord[] => {
    const current = image.clientData.quota(entity, key)
    if (value !== null) checkValue(allowed, key, value)
    if (current === (value ?? undefined)) return []
    const remove = value === null
    return [record('clientQuota', 0, { entity: parts, key, value: value ?? 0, remove })]
  })
}

/** What may be limited for the entity. Throws INVALID_REQUEST for what is none. */
function quotasOf(entity: QuotaEntity): ReadonlyMap<string, NumberType> {
  if (entity.size === 0) throw invalid('Invalid empty client quota entity')
  for (const [type, name] of entity) {
    if (!ENTITY_TYPES.includes(type)) throw invalid(`Unhandled client quota entity type: ${type}`)
    if (name === '') throw invalid(`Empty ${type} not supported`)
  }
  if (!entity.has('ip')) return CLIENT_QUOTAS
  if (entity.size > 1) {
    throw invalid('Invalid quota entity combination, IP entity should' +
      'not be combined with User or ClientId')
  }
  const address = entity.get('ip') ?? null
  // Kafka also takes what its name server knows; a decision asks nobody.
  if (address !== null && address !== 'localhost' && !isIpAddress(address)) {
    throw invalid(`${address} is not a valid IP or resolvable host.`)
  }
  return IP_QUOTAS
}

function checkValue(allowed: ReadonlyMap<string, NumberType>, key: string, value: number): void {
  const type = allowed.get(key)
  if (type === undefined) throw invalid(`Invalid configuration key ${key}`)
  if (!Number.isFinite(value)) throw invalid(`Quota ${key} must be a finite number`)
  if (value <= 0) throw invalid(`Quota ${key} must be greater than 0`)
  if (type === 'double') return
  if (value > GREATEST[type]) {
    const words = type === 'int' ? 'an INT' : 'a LONG'
    throw invalid(`Proposed value for ${key} is too large for ${words}.`)
  }
  if (value % 1 > TOLERANCE) throw invalid(`${key} cannot be a fractional value.`)
}
