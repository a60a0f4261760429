// A controller leaves the cluster for good.

import { int32, message } from '../../protocol/schema.ts'

export const unregisterControllerRecord = message({
  name: 'UnregisterControllerRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    controllerId: int32,
  },
})
