// ApiVersions (API key 18, versions 0 to 5). Which APIs in which versions a broker serves, and
// which features the cluster has: the first request of a connection. One in a version that the
// broker does not know is answered in version 0 (KIP-35); the response header never has tags,
// whatever the version.
//
// Version 1: throttle time; 2: a throttled answer comes at once (KIP-219); 3: flexible, the
// client's name and version (KIP-511), features as tagged fields (KIP-584); 4: features whose
// range begins with 0 are shown (KAFKA-17011); 5: the client says whom it means to reach, and is
// told to bootstrap again where it is wrong (KIP-1242).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const apiVersions = api({
  name: 'ApiVersions', key: 18, versions: [0, 5], flexibleSince: 3,
  listeners: ['broker', 'controller'],
  request: {
    clientSoftwareName: string.since(3),
    clientSoftwareVersion: string.since(3),
    clusterId: string.since(5).nullable().default(null),
    nodeId: int32.since(5).default(-1),
  },
  response: {
    errorCode: int16,
    apiKeys: array({ apiKey: int16.key(), minVersion: int16, maxVersion: int16 }),
    throttleTimeMs: int32.since(1).default(0),
    supportedFeatures: array({
      name: string.key(),
      minVersion: int16,
      maxVersion: int16,
    }).since(3).tag(0),
    finalizedFeaturesEpoch: int64.since(3).default(-1).tag(1),
    finalizedFeatures: array({
      name: string.key(),
      maxVersionLevel: int16,
      minVersionLevel: int16,
    }).since(3).tag(2),
    zkMigrationReady: bool.since(3).default(false).tag(3),
  },
})

export interface ApiVersionsRequest extends RequestOf<typeof apiVersions> {}
export type ApiVersionsResponse = ResponseOf<typeof apiVersions>
