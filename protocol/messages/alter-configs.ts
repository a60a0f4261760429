// AlterConfigs (API key 33, versions 0 to 2). Replaces all settings of a resource: those not named
// fall back to their defaults (KIP-133). IncrementalAlterConfigs took its place.
//
// Version 1: a throttled answer comes at once (KIP-219); 2: flexible.

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const alterConfigs = api({
  name: 'AlterConfigs', key: 33, versions: [0, 2], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    resources: array({
      resourceType: int8.key(),
      resourceName: string.key(),
      configs: array({ name: string.key(), value: string.nullable() }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    responses: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
    }),
  },
})

export interface AlterConfigsRequest extends RequestOf<typeof alterConfigs> {}
export type AlterConfigsResponse = ResponseOf<typeof alterConfigs>
