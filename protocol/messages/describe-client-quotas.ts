// DescribeClientQuotas (API key 48, versions 0 to 1). The quotas of users, client ids and
// addresses that match a filter (KIP-546).
//
// Version 1: flexible.

import {
  api, array, bool, float64, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeClientQuotas = api({
  name: 'DescribeClientQuotas', key: 48, versions: [0, 1], flexibleSince: 1,
  request: {
    components: array({ entityType: string, matchType: int8, match: string.nullable() }),
    strict: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    entries: array({
      entity: array({ entityType: string, entityName: string.nullable() }),
      values: array({ key: string, value: float64 }),
    }).nullable(),
  },
})

export interface DescribeClientQuotasRequest extends RequestOf<typeof describeClientQuotas> {}
export type DescribeClientQuotasResponse = ResponseOf<typeof describeClientQuotas>
