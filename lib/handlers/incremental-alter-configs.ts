// IncrementalAlterConfigs (key 44): single settings of topics, brokers, groups and client metrics
// are set, deleted, or, being lists, added to and taken from (KIP-339).

import {
  changedValue, type ConfigChange, incrementalAlterConfigs as decide, type ResourceChange,
} from '../../controller/decisions/alter-configs.ts'
import { ConfigType, type Settings } from '../../controller/image/configs.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  incrementalAlterConfigs, type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { checkDynamicSettings } from '../config/dynamic.ts'
import { dynamicChange } from '../config/effective.ts'
import { changeLoggers, checkLoggerChanges, type LoggerChange } from '../config/loggers.ts'
import { SETTINGS_BY_NAME } from '../config/table.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { CHANGEABLE, checkChanges, inOrder, refusals, responseOf } from './changed-configs.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]

/** By the numbers of AlterConfigOp. */
const OPERATIONS = ['set', 'delete', 'append', 'subtract'] as const
const DELETE = 1

export const incrementalAlterConfigsHandler = handler(
  incrementalAlterConfigs, handleIncrementalAlterConfigs, {
    errorAnswer: ({ resources }, _version, errorCode, message) => ({
      responses: resources.map((resource) =>
        responseOf(resource, new ApiError(errorCode, message))),
    }),
  })

async function handleIncrementalAlterConfigs(
  request: IncrementalAlterConfigsRequest, _context: RequestContext, services: Services,
): Promise<IncrementalAlterConfigsResponse> {
  const { resources, validateOnly } = request
  const refused = refusals(resources, (resource) => checkResource(resource, services))
  const taken = resources.filter((_, i) => refused[i] === null)
  const left = taken.filter((resource) => !isOfLoggers(resource))
  const results = left.length === 0 ? []
    : [...await services.controller.submit(decide(left.map(changeOf), validateOnly))]
  if (!validateOnly) {
    for (const one of taken.filter(isOfLoggers)) changeLoggers(services.logger, changesOf(one))
  }
  // The metadata knows nothing of loggers.
  const all = taken.map((resource) => isOfLoggers(resource) ? null : results.shift() ?? null)
  return { responses: inOrder(resources, refused, all) }
}

function isOfLoggers({ resourceType }: Resource): boolean {
  return resourceType === ConfigType.BROKER_LOGGER
}

function changesOf({ configs }: Resource): LoggerChange[] {
  return configs.map(({ name, value, configOperation }) =>
    ({ name, value, operation: OPERATIONS[configOperation] }))
}

function checkResource(resource: Resource, services: Services): void {
  const { resourceType, resourceName, configs } = resource
  checkChanges(resource, services, (i) => configs[i]!.configOperation === DELETE)
  if (isOfLoggers(resource)) {
    return checkLoggerChanges(resourceName, services.broker.nodeId, changesOf(resource))
  }
  if (!CHANGEABLE.includes(resourceType)) {
    throw new ApiError(Errors.INVALID_REQUEST, `Unknown resource type ${resourceType}`)
  }
  for (const { configOperation } of configs) {
    if (OPERATIONS[configOperation] !== undefined) continue
    if (resourceType === ConfigType.BROKER) {
      throw new ApiError(Errors.INVALID_REQUEST, `Unknown operations type ${configOperation}`)
    }
    throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
  }
  if (resourceType === ConfigType.BROKER) {
    const before = services.controller.image.configs.of(resourceType, resourceName)
    const after = brokerSettingsAfter(before, changeOf(resource))
    checkDynamicSettings(dynamicChange(resourceName, after, services))
  }
}

function brokerSettingsAfter(
  before: Settings, { changes }: ResourceChange,
): ReadonlyMap<string, string> {
  const after = new Map(before)
  for (const [name, change] of changes) {
    const isOfList = change.operation === 'append' || change.operation === 'subtract'
    const fallback = isOfList ? listDefault(name, change.operation) : undefined
    const value = changedValue(name, before.get(name) ?? null, change, fallback)
    if (value === null) after.delete(name)
    else after.set(name, value)
  }
  return after
}

/** Throws INVALID_CONFIG for a setting that is no list. */
function listDefault(name: string, operation: string): string {
  const spec = SETTINGS_BY_NAME.get(name)?.spec
  if (spec === undefined) {
    throw new ApiError(Errors.INVALID_CONFIG, `Unknown config name: ${name}`)
  }
  if (spec.type === 'list') return spec.default ?? ''
  throw new ApiError(Errors.INVALID_CONFIG,
    `Config value ${operation} is not allowed for config key: ${name}`)
}

function changeOf({ resourceType, resourceName, configs }: Resource): ResourceChange {
  const changes = new Map<string, ConfigChange>()
  for (const { name, value, configOperation } of configs) {
    changes.set(name, { operation: OPERATIONS[configOperation]!, value })
  }
  return { type: resourceType, name: resourceName, changes }
}
