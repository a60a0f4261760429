// The finalized level of a feature (KIP-584).

import { int16, message, string } from '../../protocol/schema.ts'

export const featureLevelRecord = message({
  name: 'FeatureLevelRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    name: string,
    featureLevel: int16,
  },
})
