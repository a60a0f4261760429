// ListConfigResources (API key 74, versions 0 to 1). The names of resources that have settings
// (KIP-1142).
//
// Version 0: client metrics alone, as ListClientMetricsResources of KIP-1000; 1: the types that
// one asks for.

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const listConfigResources = api({
  name: 'ListConfigResources', key: 74, versions: [0, 1], flexibleSince: 0,
  request: {
    resourceTypes: array(int8).since(1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    configResources: array({ resourceName: string, resourceType: int8.since(1).default(16) }),
  },
})

export interface ListConfigResourcesRequest extends RequestOf<typeof listConfigResources> {}
export type ListConfigResourcesResponse = ResponseOf<typeof listConfigResources>
