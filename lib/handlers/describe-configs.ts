// DescribeConfigs (key 32): the settings of topics, brokers, loggers, client metrics and groups
// (KIP-133).
//
// A setting's value comes with where it is from, and, if asked for, with all the places that could
// have given it, strongest first (synonyms, KIP-226). A resource that fails has its error beside
// the others.
//
// Versions: 1 and 2 differ in synonyms alone; 3 has types and documentation (KIP-569); 4 is
// flexible.

import { ConfigType } from '../../controller/image/configs.ts'
import { checkTopicName } from '../../controller/topic-names.ts'
import { ApiError, Errors, errorMessage } from '../../protocol/errors.ts'
import {
  describeConfigs, type DescribeConfigsRequest, type DescribeConfigsResponse,
} from '../../protocol/messages/describe-configs.ts'
import {
  brokerEntries, clientMetricsEntries, clusterEntries, type Entry, groupEntries,
  loggerEntries, topicEntries,
} from '../config/described.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type Result = DescribeConfigsResponse['results'][number]

/** Where there is no error, and where the topic is unknown, Kafka has a text that is empty. */
const NO_MESSAGE = ''

export const describeConfigsHandler = handler(describeConfigs, handleDescribeConfigs, {
  errorAnswer: ({ resources }, _version, errorCode) => ({
    results: resources.map((resource) =>
      failed(resource, errorCode, errorMessage(errorCode))),
  }),
})

function failed(
  { resourceType, resourceName }: Resource, errorCode: number, message: string | null,
): Result {
  return { errorCode, errorMessage: message, resourceType, resourceName, configs: [] }
}

const DESCRIBABLE: readonly number[] = Object.values(ConfigType).filter((type) => type !== 0)

function handleDescribeConfigs(
  request: DescribeConfigsRequest, _context: RequestContext, services: Services,
): DescribeConfigsResponse {
  if (request.resources.some(({ resourceType }) => !DESCRIBABLE.includes(resourceType))) {
    throw new ApiError(Errors.INVALID_REQUEST)
  }
  // Who asks for one again and again gets it as often, but it is looked up once.
  const described = new Map<string, Result>()
  return {
    results: request.resources.map((resource) => {
      const key = JSON.stringify(resource)
      let result = described.get(key)
      if (result === undefined) described.set(key, result = describe(resource, request, services))
      return result
    }),
  }
}

function describe(
  resource: Resource, request: DescribeConfigsRequest, services: Services,
): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  try {
    const entries = entriesOf(resource, services)
    if (entries === undefined) {
      return failed(resource, Errors.UNKNOWN_TOPIC_OR_PARTITION, NO_MESSAGE)
    }
    const isWanted = (name: string): boolean => configurationKeys === null ||
      configurationKeys.length === 0 || configurationKeys.includes(name)
    const configs = entries.filter(({ name }) => isWanted(name)).map((entry): Entry => ({
      ...entry,
      synonyms: request.includeSynonyms ? entry.synonyms : [],
      // Loggers have none, whether it is asked for or not.
      documentation: request.includeDocumentation || resourceType === ConfigType.BROKER_LOGGER
        ? entry.documentation : null,
    }))
    return { errorCode: Errors.NONE, errorMessage: NO_MESSAGE, resourceType, resourceName, configs }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return failed(resource, error.code, error.message)
  }
}

function entriesOf(
  { resourceType, resourceName }: Resource, services: Services,
): Entry[] | undefined {
  const { controller: { image }, broker } = services
  const invalid = (why: string): ApiError => new ApiError(Errors.INVALID_REQUEST, why)
  switch (resourceType) {
    case ConfigType.TOPIC:
      checkTopicName(resourceName)
      return image.topics.byName(resourceName) ? topicEntries(resourceName, services) : undefined
    case ConfigType.BROKER:
      if (resourceName === '') return clusterEntries(services)
      if (brokerIdOf(resourceName) === broker.nodeId) return brokerEntries(services)
      throw invalid(`Unexpected broker id, expected ${broker.nodeId} or empty string, but ` +
        `received ${resourceName}`)
    case ConfigType.BROKER_LOGGER:
      if (resourceName === '') throw invalid('Broker id must not be empty')
      if (brokerIdOf(resourceName) !== broker.nodeId) {
        throw invalid(
          `Unexpected broker id, expected ${broker.nodeId} but received ${resourceName}`)
      }
      return loggerEntries(services.logger)
    case ConfigType.CLIENT_METRICS:
      if (resourceName === '') throw invalid('Client metrics subscription name must not be empty')
      return clientMetricsEntries(image.configs.of(resourceType, resourceName))
    default:
      if (resourceName === '') throw invalid('Group name must not be empty')
      return groupEntries(resourceName, services)
  }
}

function brokerIdOf(name: string): number {
  if (/^[+-]?\d+$/.test(name)) return Number(name)
  throw new ApiError(Errors.INVALID_REQUEST, `Broker id must be an integer, but it is: ${name}`)
}
