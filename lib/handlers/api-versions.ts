// ApiVersions (key 18): which APIs this listener serves in which versions, and the cluster's
// features.
//
// Versions: 0 has no throttle time; 3 brings features, and the client's name and version, which
// must be of letters, digits, dots and dashes (KIP-511, KIP-584); 4 may show features that begin
// at version 0 (KAFKA-17011), which the parsers before it refuse, so that earlier versions leave
// them out; 5 lets a client say which node of which cluster it means (KIP-1242). A version not
// served is answered in the form of version 0, with the range of this one API, so that every
// client can go on.

import {
  type FeaturesImage, KRAFT_VERSION, METADATA_VERSION, SUPPORTED_FEATURES,
} from '../../controller/image/features.ts'
import { type ErrorCode, Errors } from '../../protocol/errors.ts'
import {
  apiVersions, type ApiVersionsRequest, type ApiVersionsResponse,
} from '../../protocol/messages/api-versions.ts'
import type { ListenerKind } from '../../protocol/schema.ts'
import { inHashOrder } from '../config/hash-order.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { ServedApi, Services } from '../services.ts'

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const NO_NODE = -1
/** Of the map of finalized features. */
const FEWEST_BUCKETS = 8

export const apiVersionsHandler = handler(apiVersions, handleApiVersions, {
  answerUnsupported: () => ({
    errorCode: Errors.UNSUPPORTED_VERSION,
    apiKeys: [apiRange({ api: apiVersions, advertise: apiVersions.versions })],
  }),
})

function handleApiVersions(
  request: ApiVersionsRequest, context: RequestContext, services: Services,
): ApiVersionsResponse {
  const errorCode = checkRequest(request, context.apiVersion, services)
  if (errorCode !== Errors.NONE) return { errorCode, apiKeys: [] }
  // Earlier versions, and those who do not say it, stay unknown.
  if (request.clientSoftwareName !== '') {
    context.client.softwareName = request.clientSoftwareName
    context.client.softwareVersion = request.clientSoftwareVersion
  }
  const { image, appliedOffset, quorum } = services.controller
  return {
    errorCode,
    apiKeys: servedOn(context.listenerKind, services.apis).map(apiRange),
    supportedFeatures: supportedFeatures(context.apiVersion),
    finalizedFeaturesEpoch: appliedOffset,
    finalizedFeatures: finalizedFeatures(image.features, quorum.version),
  }
}

function supportedFeatures(apiVersion: number): ApiVersionsResponse['supportedFeatures'] {
  return inHashOrder(SUPPORTED_FEATURES.map(({ name }) => name))
    .map((name) => SUPPORTED_FEATURES.find((feature) => feature.name === name)!)
    .filter(({ minSupportedVersion }) => apiVersion >= 4 || minSupportedVersion > 0)
    .map(({ name, minSupportedVersion, maxSupportedVersion }) =>
      ({ name, minVersion: minSupportedVersion, maxVersion: maxSupportedVersion }))
}

/** Kafka puts the version of the metadata last into a copy of the others. */
function finalizedFeatures(
  { levels }: FeaturesImage, quorumVersion: number,
): ApiVersionsResponse['finalizedFeatures'] {
  const features = quorumVersion === 0 ? levels : levels.set(KRAFT_VERSION, quorumVersion)
  const others = [...features.keys()].filter((name) => name !== METADATA_VERSION).sort()
  return inHashOrder([...others, METADATA_VERSION], new Map(), FEWEST_BUCKETS).map((name) =>
    ({ name, minVersionLevel: features.get(name, 0), maxVersionLevel: features.get(name, 0) }))
}

function checkRequest(
  request: ApiVersionsRequest, apiVersion: number, { broker }: Services,
): ErrorCode {
  const { clusterId, nodeId, clientSoftwareName, clientSoftwareVersion } = request
  if (apiVersion >= 5 && (clusterId === null) !== (nodeId === NO_NODE)) {
    return Errors.INVALID_REQUEST
  }
  const isNamed = [clientSoftwareName, clientSoftwareVersion]
    .every((name) => SOFTWARE_NAME.test(name))
  if (apiVersion >= 3 && !isNamed) return Errors.INVALID_REQUEST
  const isMeant = clusterId === null
    || (clusterId === broker.clusterId && nodeId === broker.nodeId)
  return isMeant ? Errors.NONE : Errors.REBOOTSTRAP_REQUIRED
}

function servedOn(kind: ListenerKind, apis: readonly ServedApi[]): readonly ServedApi[] {
  return apis.filter(({ api, options }) => api.listeners.includes(kind) && !options.isHidden)
    .sort((a, b) => a.api.key - b.api.key)
}

function apiRange(
  { api, advertise: [minVersion, maxVersion] }: Pick<ServedApi, 'api' | 'advertise'>,
) {
  return { apiKey: api.key, minVersion, maxVersion }
}
