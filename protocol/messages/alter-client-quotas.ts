// AlterClientQuotas (API key 49, versions 0 to 1). Sets and removes quotas of users, client ids
// and addresses (KIP-546).
//
// Version 1: flexible.

import {
  api, array, bool, float64, int16, int32, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const alterClientQuotas = api({
  name: 'AlterClientQuotas', key: 49, versions: [0, 1], flexibleSince: 1,
  listeners: ['broker', 'controller'],
  request: {
    entries: array({
      entity: array({ entityType: string, entityName: string.nullable() }),
      ops: array({ key: string, value: float64, remove: bool }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    entries: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      entity: array({ entityType: string, entityName: string.nullable() }),
    }),
  },
})

export interface AlterClientQuotasRequest extends RequestOf<typeof alterClientQuotas> {}
export type AlterClientQuotasResponse = ResponseOf<typeof alterClientQuotas>
