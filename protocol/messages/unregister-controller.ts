// UnregisterController (API key 94, version 0). Removes a controller that is gone for good from
// the cluster's metadata (KIP-1312).

import { api, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const unregisterController = api({
  name: 'UnregisterController', key: 94, versions: [0, 0], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    controllerId: int32,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface UnregisterControllerRequest extends RequestOf<typeof unregisterController> {}
export type UnregisterControllerResponse = ResponseOf<typeof unregisterController>
