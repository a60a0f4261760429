// What AlterConfigs and IncrementalAlterConfigs share: a request is looked through by the broker
// first, and what is wrong with its form never reaches the controller. Answers stand in the order
// of the request.

import { ConfigType } from '../../controller/image/configs.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import type {
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import type { Services } from '../services.ts'

type ResourceResponse = IncrementalAlterConfigsResponse['responses'][number]

interface Named {
  readonly resourceType: number
  readonly resourceName: string
}

/** An error, or null, for each resource; one that is named twice is refused both times. */
export function refusals<R extends Named>(
  resources: readonly R[], check: (resource: R) => void,
): (ApiError | null)[] {
  const keyOf = ({ resourceType, resourceName }: Named) => `${resourceType} ${resourceName}`
  const once = new Set<string>()
  const repeated = new Set<string>()
  for (const key of resources.map(keyOf)) (once.has(key) ? repeated : once).add(key)
  return resources.map((resource) => {
    if (repeated.has(keyOf(resource))) {
      return new ApiError(Errors.INVALID_REQUEST, 'Each resource must appear at most once.')
    }
    try {
      check(resource)
      return null
    } catch (error) {
      if (error instanceof ApiError) return error
      throw error
    }
  })
}

/** Refusals and the results of the others, where the request has them. */
export function inOrder(
  resources: readonly Named[], refused: readonly (ApiError | null)[],
  results: readonly (ApiError | null)[],
): ResourceResponse[] {
  let next = 0
  return resources.map((resource, i) => {
    const error = refused[i] ?? null
    return responseOf(resource, error ?? results[next++] ?? null)
  })
}

export function responseOf(
  { resourceType, resourceName }: Named, error: ApiError | null,
): ResourceResponse {
  if (error === null) {
    return { resourceType, resourceName, errorCode: Errors.NONE, errorMessage: null }
  }
  // What the controller cannot make sense of it has no words for.
  const errorMessage = error.code === Errors.UNKNOWN_SERVER_ERROR ? null : error.message
  return { resourceType, resourceName, errorCode: error.code, errorMessage }
}

interface WithConfigs extends Named {
  readonly configs: readonly { readonly name: string, readonly value: string | null }[]
}

/** What all kinds of changes have to obey. Throws INVALID_REQUEST. */
export function checkChanges(
  { resourceType, resourceName, configs }: WithConfigs, { broker }: Services,
  mayBeNull: (at: number) => boolean,
): void {
  const invalid = (why: string): ApiError => new ApiError(Errors.INVALID_REQUEST, why)
  if (new Set(configs.map(({ name }) => name)).size < configs.length) {
    throw invalid('Error due to duplicate config keys')
  }
  const nulls = configs.filter(({ value }, i) => value === null && !mayBeNull(i))
  if (nulls.length > 0) {
    throw invalid(`Null value not supported for : ${nulls.map(({ name }) => name).join(', ')}`)
  }
  if (resourceType === ConfigType.BROKER && resourceName !== '') {
    if (!/^[+-]?\d+$/.test(resourceName)) {
      throw invalid(`Node id must be an integer, but it is: ${resourceName}`)
    }
    if (Number(resourceName) !== broker.nodeId) {
      throw invalid(`Unexpected broker id, expected ${broker.nodeId}, but received ${resourceName}`)
    }
  }
}

export const CHANGEABLE: readonly number[] = [
  ConfigType.TOPIC, ConfigType.BROKER, ConfigType.CLIENT_METRICS, ConfigType.GROUP,
]
