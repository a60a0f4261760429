// DescribeClientQuotas (key 48): the quotas of users, client ids and addresses that match a filter
// (KIP-546).
//
// A filter has at most one component for a type: this name (0), the default (1), or any that is
// named or the default (2). A strict one leaves out entities with further types; one without
// components gives all, or, being strict, none.
//
// Version 1 is flexible.

import {
  entityOf, type QuotaEntity, quotaPrefix,
} from '../../controller/image/client-data.ts'
import type { Image } from '../../controller/image/image.ts'
import { ApiError, Errors, errorMessage } from '../../protocol/errors.ts'
import {
  describeClientQuotas, type DescribeClientQuotasRequest, type DescribeClientQuotasResponse,
} from '../../protocol/messages/describe-client-quotas.ts'
import { bucketsOfCopy, hashOf, inBucketOrder, inHashOrder } from '../config/hash-order.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Component = DescribeClientQuotasRequest['components'][number]
type Entry = NonNullable<DescribeClientQuotasResponse['entries']>[number]

/** The name asked for, null for the default; undefined: any. */
type Filter = ReadonlyMap<string, string | null | undefined>

const ENTITY_TYPES: readonly string[] = ['ip', 'user', 'client-id']
const MATCH_EXACT = 0
const MATCH_DEFAULT = 1
const MATCH_SPECIFIED = 2
/** Kafka leaves the text of an answer without an error empty. */
const NO_MESSAGE = ''

export const describeClientQuotasHandler = handler(
  describeClientQuotas, handleDescribeClientQuotas, {
    errorAnswer: (_request, _version, errorCode, message) => ({
      errorCode, errorMessage: message ?? errorMessage(errorCode), entries: null,
    }),
  })

function handleDescribeClientQuotas(
  { components, strict }: DescribeClientQuotasRequest, _context: RequestContext,
  { controller }: Services,
): DescribeClientQuotasResponse {
  const filter = filterOf(components)
  const all = inKafkasOrder(quotasByEntity(controller.image), 1)
  const wanted = filter.size === 0 ? (strict ? [] : all) : matching(all, filter)
  const entries = wanted.filter(({ entity }) => !strict || entity.size === filter.size)
  return { errorCode: Errors.NONE, errorMessage: NO_MESSAGE, entries: entries.map(entryOf) }
}

/** Kafka copies what matches the first component, and takes away from that. */
function matching(all: readonly Quotas[], filter: Filter): Quotas[] {
  const exact = [...filter].filter(([, name]) => name !== undefined).map(([type]) => type)
  const others = [...filter.keys()].filter((type) => !exact.includes(type))
  const [first, ...rest] = [...inHashOrder(exact), ...inHashOrder(others)]
    .map((type) => (quotas: readonly Quotas[]) => quotas.filter(({ entity }) => {
      const name = filter.get(type)
      return entity.has(type) && (name === undefined || entity.get(type) === name)
    }))
  const candidates = inKafkasOrder(first!(all))
  return rest.reduce((left, matches) => matches(left),
    inKafkasOrder(candidates, bucketsOfCopy(candidates.length)))
}

function inKafkasOrder(quotas: readonly Quotas[], buckets?: number): Quotas[] {
  return inBucketOrder(quotas, ({ entity }) => entityHash(entity), buckets)
}

/** The hash code of Kafka's entities, which are kept in hash maps. */
export function entityHash(entity: QuotaEntity): number {
  return [...entity].reduce(
    (sum, [type, name]) => sum + (hashOf(type) ^ (name === null ? 0 : hashOf(name))) | 0, 31)
}

function filterOf(components: readonly Component[]): Filter {
  const invalid = (why: string): ApiError => new ApiError(Errors.INVALID_REQUEST, why)
  const filter = new Map<string, string | null | undefined>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') throw invalid('Invalid empty entity type.')
    if (filter.has(entityType)) {
      throw invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    }
    if (!ENTITY_TYPES.includes(entityType)) {
      throw new ApiError(Errors.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`)
    }
    filter.set(entityType, nameOf(matchType, match, invalid))
  }
  if (filter.has('ip') && filter.size > 1) {
    throw invalid('Invalid entity filter component combination. IP filter component should not ' +
      'be used with user or clientId filter component.')
  }
  return filter
}

function nameOf(
  matchType: number, match: string | null, invalid: (why: string) => ApiError,
): string | null | undefined {
  switch (matchType) {
    case MATCH_EXACT:
      if (match === null) {
        throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
      }
      return match
    case MATCH_DEFAULT: case MATCH_SPECIFIED:
      if (match !== null) {
        const name = matchType === MATCH_DEFAULT ? 'DEFAULT' : 'SPECIFIED'
        throw invalid(
          `Request specified MATCH_TYPE_${name}, but also specified a match string.`)
      }
      return matchType === MATCH_DEFAULT ? null : undefined
    default:
      throw invalid(`Unknown match type ${matchType}`)
  }
}

interface Quotas {
  readonly entity: QuotaEntity
  readonly values: Map<string, number>
}

function quotasByEntity({ clientData }: Image): Quotas[] {
  const byEntity = new Map<string, Quotas>()
  for (const quota of clientData.ofType('clientQuota')) {
    const entity = entityOf(quota)
    const key = quotaPrefix(entity)
    let quotas = byEntity.get(key)
    if (quotas === undefined) byEntity.set(key, quotas = { entity, values: new Map() })
    quotas.values.set(quota.key, quota.value)
  }
  return [...byEntity.values()]
}

function entryOf({ entity, values }: Quotas): Entry {
  return {
    entity: inHashOrder([...entity.keys()])
      .map((entityType) => ({ entityType, entityName: entity.get(entityType) ?? null })),
    values: inHashOrder([...values.keys()], new Map(), 1)
      .map((key) => ({ key, value: values.get(key)! })),
  }
}
