// The finalized level of a feature (KIP-584). The first record of a log or snapshot is the one of
// `metadata.version`, which says what else may be in it: so there is no version but 0, ever.

import { int16, message, string } from '../../protocol/schema.ts'

export const featureLevelRecord = message({
  name: 'FeatureLevelRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    name: string,
    featureLevel: int16,
  },
})
