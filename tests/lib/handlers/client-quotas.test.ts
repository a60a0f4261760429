// AlterClientQuotas and DescribeClientQuotas: what is kept, what is found, what is refused.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { recordsOfImage } from '../../../controller/image/records-of.ts'
import { EMPTY_IMAGE, applyRecord } from '../../../controller/image/image.ts'
import { readRecord } from '../../../controller/metadata-records.ts'
import { alterClientQuotasHandler } from '../../../lib/handlers/alter-client-quotas.ts'
import { describeClientQuotasHandler } from '../../../lib/handlers/describe-client-quotas.ts'
import type {
  AlterClientQuotasResponse,
} from '../../../protocol/messages/alter-client-quotas.ts'
import type {
  DescribeClientQuotasResponse,
} from '../../../protocol/messages/describe-client-quotas.ts'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { Cluster } from '../../controller/harness.ts'
import { contextOf, joined, servicesOf } from './services.ts'

type Entity = Record<string, string | null>

let cluster: Cluster

beforeEach(() => {
  cluster = joined()
})

const partsOf = (entity: Entity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))

interface Alteration {
  readonly entity: Entity
  readonly ops: readonly (readonly [key: string, value: number | null])[]
}

async function alter(
  alterations: readonly Alteration[], validateOnly = false,
): Promise<AlterClientQuotasResponse['entries']> {
  const entries = alterations.map(({ entity, ops }) => ({
    entity: partsOf(entity),
    ops: ops.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }))
  const answer = await alterClientQuotasHandler.handle(
    { entries, validateOnly }, contextOf(1), servicesOf(cluster))
  return (answer as AlterClientQuotasResponse).entries
}

async function set(entity: Entity, key: string, value: number | null): Promise<string | null> {
  const [result] = await alter([{ entity, ops: [[key, value]] }])
  return result!.errorMessage
}

/** `undefined` matches any name, null the default. */
function find(filter: Record<string, string | null | undefined>, strict = false): unknown[] {
  const components = Object.entries(filter).map(([entityType, name]) => ({
    entityType, matchType: name === undefined ? 2 : name === null ? 1 : 0, match: name ?? null,
  }))
  const answer = describeClientQuotasHandler.handle(
    { components, strict }, contextOf(1), servicesOf(cluster)) as DescribeClientQuotasResponse
  return answer.entries!.map(({ entity, values }) => [
    Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    Object.fromEntries(values.map(({ key, value }) => [key, value])),
  ])
}

describe('quotas', () => {
  beforeEach(async () => {
    await set({ user: 'ann' }, 'producer_byte_rate', 1000)
    await set({ user: 'ann', 'client-id': 'c' }, 'consumer_byte_rate', 2000)
    await set({ user: null }, 'request_percentage', 12.5)
    await set({ ip: '10.0.0.1' }, 'connection_creation_rate', 5)
  })

  test('are found by name, by default, by type, and by what else the entity has', () => {
    expect(find({ user: 'ann' })).toEqual([
      [{ user: 'ann' }, { producer_byte_rate: 1000 }],
      [{ user: 'ann', 'client-id': 'c' }, { consumer_byte_rate: 2000 }],
    ])
    expect(find({ user: 'ann' }, true)).toEqual([[{ user: 'ann' }, { producer_byte_rate: 1000 }]])
    expect(find({ user: null })).toEqual([[{ user: null }, { request_percentage: 12.5 }]])
    expect(find({ user: undefined })).toHaveLength(3)
    expect(find({ user: undefined, 'client-id': 'c' })).toHaveLength(1)
    expect(find({})).toHaveLength(4)
    expect(find({}, true)).toEqual([])
    expect(find({ user: 'bob' })).toEqual([])
  })

  test('of an entity are one, whatever the order of its parts', async () => {
    await set({ 'client-id': 'c', user: 'ann' }, 'consumer_byte_rate', 3000)
    expect(find({ 'client-id': 'c' })).toEqual(
      [[{ user: 'ann', 'client-id': 'c' }, { consumer_byte_rate: 3000 }]])
  })

  test('go, and the entity with the last one', async () => {
    expect(await set({ user: null }, 'request_percentage', null)).toBeNull()
    expect(find({ user: null })).toEqual([])
    expect(await set({ user: null }, 'request_percentage', null)).toBeNull()
    expect(cluster.records).toEqual([])
  })

  test('that are as wished, or only to be checked, write nothing', async () => {
    await set({ user: 'ann' }, 'producer_byte_rate', 1000)
    expect(cluster.records).toEqual([])
    await alter([{ entity: { user: 'ann' }, ops: [['producer_byte_rate', 7]] }], true)
    expect(cluster.records).toEqual([])
  })

  test('survive a snapshot', () => {
    const before = find({})
    cluster.image = [...recordsOfImage(cluster.image)]
      .reduce((image, { bytes }) => applyRecord(image, readRecord(bytes)), EMPTY_IMAGE)
    expect(find({})).toEqual(before)
  })
})

test.each<[Entity, string, number, string]>([
  [{}, 'producer_byte_rate', 1, 'Invalid empty client quota entity'],
  [{ planet: 'x' }, 'producer_byte_rate', 1, 'Unhandled client quota entity type: planet'],
  [{ user: '' }, 'producer_byte_rate', 1, 'Empty user not supported'],
  [{ ip: '1.2.3.4', user: 'a' }, 'producer_byte_rate', 1, 'Invalid quota entity combination, IP ' +
    'entity shouldnot be combined with User or ClientId'],
  [{ ip: '1.2.3.x' }, 'connection_creation_rate', 1,
    '1.2.3.x is not a valid IP or resolvable host.'],
  [{ user: 'a' }, 'connection_creation_rate', 1,
    'Invalid configuration key connection_creation_rate'],
  [{ ip: null }, 'producer_byte_rate', 1, 'Invalid configuration key producer_byte_rate'],
  [{ user: 'a' }, 'request_percentage', NaN, 'Quota request_percentage must be a finite number'],
  [{ user: 'a' }, 'producer_byte_rate', 0, 'Quota producer_byte_rate must be greater than 0'],
  [{ user: 'a' }, 'producer_byte_rate', 0.5, 'producer_byte_rate cannot be a fractional value.'],
  [{ user: 'a' }, 'producer_byte_rate', 1e19,
    'Proposed value for producer_byte_rate is too large for a LONG.'],
  [{ ip: '::1' }, 'connection_creation_rate', 2 ** 31,
    'Proposed value for connection_creation_rate is too large for an INT.'],
])('a quota of %j is refused: %s = %d', async (entity, key, value, message) => {
  expect(await set(entity, key, value)).toBe(message)
  expect(cluster.records).toEqual([])
})

test('an entity that comes twice is refused, and what came first stays', async () => {
  const entity = { user: 'a', 'client-id': 'b' }
  const results = await alter([
    { entity, ops: [['producer_byte_rate', 1]] }, { entity, ops: [['producer_byte_rate', 2]] },
  ])
  expect(results).toMatchObject([{
    errorCode: Errors.INVALID_REQUEST,
    errorMessage: 'Ignoring duplicate entity ClientQuotaEntity(entries={client-id=b, user=a})',
  }])
  expect(find({ user: 'a' })).toEqual([[entity, { producer_byte_rate: 1 }]])
})

test('a filter that asks for a type twice, or for nothing known, is refused', () => {
  const component = { entityType: 'user', matchType: 0, match: 'a' }
  const ask = (...components: { entityType: string, matchType: number, match: string | null }[]) =>
    () => describeClientQuotasHandler.handle(
      { components, strict: false }, contextOf(1), servicesOf(cluster))
  expect(ask(component, component)).toThrow(ApiError)
  expect(ask({ ...component, match: null })).toThrow('set match string to null')
  expect(ask({ ...component, matchType: 1 })).toThrow('MATCH_TYPE_DEFAULT')
  expect(ask({ ...component, matchType: 3 })).toThrow('Unknown match type 3')
  expect(ask(component, { ...component, entityType: 'ip' })).toThrow('should not be used with')
  expect(ask({ ...component, entityType: 'planet' })).toThrow('Unsupported entity type planet')
})
