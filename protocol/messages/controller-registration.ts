// ControllerRegistration (API key 70, version 0). A controller tells the active one its listeners
// and features, for all to know (KIP-919).

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

export const controllerRegistration = api({
  name: 'ControllerRegistration', key: 70, versions: [0, 0], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    controllerId: int32,
    incarnationId: uuid,
    zkMigrationReady: bool,
    listeners: array({
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
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface ControllerRegistrationRequest extends RequestOf<typeof controllerRegistration> {}
export type ControllerRegistrationResponse = ResponseOf<typeof controllerRegistration>
