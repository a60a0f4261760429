// UpdateFeatures (key 57): the levels of the cluster's features go up or down, all that are named
// or none (KIP-584, KIP-778).
//
// Versions: before 1 there is no type of upgrade, and everything counts as one; 2 has no result for
// each feature (KIP-1022). Time-outs are not looked at, as in Kafka.

import {
  type FeatureUpdate, updateFeatures as decide,
} from '../../controller/decisions/update-features.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  updateFeatures, type UpdateFeaturesRequest, type UpdateFeaturesResponse,
} from '../../protocol/messages/update-features.ts'
import { inHashOrder } from '../config/hash-order.ts'
import { handler, type ErrorNumber, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

/** By the numbers of UpgradeType. */
const KINDS: readonly FeatureUpdate['kind'][] =
  [undefined, 'upgrade', 'safeDowngrade', 'unsafeDowngrade']
/** What Kafka says of a feature where nothing went wrong. */
const NO_ERROR = 'NONE'

export const updateFeaturesHandler = handler(updateFeatures, handleUpdateFeatures, {
  errorAnswer: (_request, _version, errorCode, message) => failed(errorCode, message ?? null),
})

function failed(errorCode: ErrorNumber, errorMessage: string | null): UpdateFeaturesResponse {
  return { errorCode, errorMessage, results: [] }
}

async function handleUpdateFeatures(
  { featureUpdates, validateOnly }: UpdateFeaturesRequest, { apiVersion }: RequestContext,
  { controller }: Services,
): Promise<UpdateFeaturesResponse> {
  try {
    await controller.submit(decide(updatesOf(featureUpdates), validateOnly))
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== Errors.INVALID_UPDATE_VERSION) throw error
    return failed(error.code, 'The update failed for all features since the following feature ' +
      `had an error: ${error.message}`)
  }
  return {
    errorCode: Errors.NONE, errorMessage: null,
    results: apiVersion > 1 ? [] : featureUpdates.map(({ feature }) =>
      ({ feature, errorCode: Errors.NONE, errorMessage: NO_ERROR })),
  }
}

/** Of a feature named twice the last update counts; Kafka has them in a hash map. */
function updatesOf(updates: UpdateFeaturesRequest['featureUpdates']): FeatureUpdate[] {
  const byName = new Map(updates.map((update) => [update.feature, update]))
  return inHashOrder([...byName.keys()]).map((feature) => {
    const { maxVersionLevel, upgradeType } = byName.get(feature)!
    return { feature, level: maxVersionLevel, kind: KINDS[upgradeType] }
  })
}
