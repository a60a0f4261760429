// AlterConfigs (key 33): the settings of a resource are replaced by those given (KIP-133). Long
// deprecated for IncrementalAlterConfigs, with which it shares all checks.
//
// A resource named twice is refused both times; Kafka itself never answers that.

import { replaceConfigs } from '../../controller/decisions/alter-configs.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  alterConfigs, type AlterConfigsRequest, type AlterConfigsResponse,
} from '../../protocol/messages/alter-configs.ts'
import { checkDynamicSettings } from '../config/dynamic.ts'
import { dynamicChange } from '../config/effective.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { CHANGEABLE, checkChanges, inOrder, refusals } from './changed-configs.ts'

type Resource = AlterConfigsRequest['resources'][number]

export const alterConfigsHandler = handler(alterConfigs, handleAlterConfigs, {
  errorAnswer: ({ resources }, _version, errorCode, message) => ({
    responses: inOrder(resources, [], resources.map(() =>
      new ApiError(errorCode, message))),
  }),
})

async function handleAlterConfigs(
  request: AlterConfigsRequest, _context: RequestContext, services: Services,
): Promise<AlterConfigsResponse> {
  const { resources, validateOnly } = request
  const refused = refusals(resources, (resource) => checkResource(resource, services))
  const left = resources.filter((_, i) => refused[i] === null)
  const wanted = left.map((resource) => ({
    type: resource.resourceType, name: resource.resourceName, settings: settingsOf(resource),
  }))
  const results = left.length === 0 ? []
    : await services.controller.submit(replaceConfigs(wanted, validateOnly))
  return { responses: inOrder(resources, refused, results) }
}

function checkResource(resource: Resource, services: Services): void {
  checkChanges(resource, services, () => false)
  if (!CHANGEABLE.includes(resource.resourceType)) {
    throw new ApiError(Errors.INVALID_REQUEST, `Unknown resource type ${resource.resourceType}`)
  }
  if (resource.resourceType === ConfigType.BROKER) {
    const settings = settingsOf(resource)
    checkDynamicSettings(dynamicChange(resource.resourceName, settings, services))
  }
}

/** No value is null any more. */
function settingsOf({ configs }: Resource): ReadonlyMap<string, string> {
  return new Map(configs.map(({ name, value }) => [name, value!]))
}
