// A controller registers its listeners and features (KIP-919).

import { array, bool, int16, int32, message, string, uint16, uuid } from '../../protocol/schema.ts'

export const registerControllerRecord = message({
  name: 'RegisterControllerRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    controllerId: int32,
    incarnationId: uuid,
    zkMigrationReady: bool,
    endPoints: array({
      name: string.key(),
      host: string,
      port: uint16,
      securityProtocol: int16,
    }),
    features: array({
      name: string.key(),
      minSupportedVersion: int16,
      maxSupportedVersion: int16,
    }),
  },
})
