// UpdateFeatures (API key 57, versions 0 to 2). Raises or lowers the levels of the cluster's
// features (KIP-584).
//
// Version 1: upgrade, safe or unsafe downgrade, or a check alone (KIP-778); 2: no result for each
// feature: all change, or none does (KIP-1022).

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const updateFeatures = api({
  name: 'UpdateFeatures', key: 57, versions: [0, 2], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    timeoutMs: int32.default(60000),
    featureUpdates: array({
      feature: string.key(),
      maxVersionLevel: int16,
      allowDowngrade: bool.until(0),
      upgradeType: int8.since(1).default(1),
    }),
    validateOnly: bool.since(1).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array({
      feature: string.key(),
      errorCode: int16,
      errorMessage: string.nullable(),
    }).until(1),
  },
})

export interface UpdateFeaturesRequest extends RequestOf<typeof updateFeatures> {}
export type UpdateFeaturesResponse = ResponseOf<typeof updateFeatures>
