// IncrementalAlterConfigs (API key 44, versions 0 to 1). Sets or deletes single settings, appends
// to lists or subtracts from them (KIP-339).
//
// Version 1: flexible.

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const incrementalAlterConfigs = api({
  name: 'IncrementalAlterConfigs', key: 44, versions: [0, 1], flexibleSince: 1,
  listeners: ['broker', 'controller'],
  request: {
    resources: array({
      resourceType: int8.key(),
      resourceName: string.key(),
      configs: array({
        name: string.key(),
        configOperation: int8.key(),
        value: string.nullable(),
      }),
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

export interface IncrementalAlterConfigsRequest extends RequestOf<typeof incrementalAlterConfigs> {}
export type IncrementalAlterConfigsResponse = ResponseOf<typeof incrementalAlterConfigs>
