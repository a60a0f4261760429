// DescribeConfigs (API key 32, versions 1 to 4). The settings of topics, brokers, loggers, groups
// and client metrics, with where each value comes from (KIP-133).
//
// Version 1: sources and synonyms (KIP-226), the oldest version that is left; 2: a throttled
// answer comes at once (KIP-219); 3: types and documentation (KIP-569); 4: flexible.

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeConfigs = api({
  name: 'DescribeConfigs', key: 32, versions: [1, 4], flexibleSince: 4,
  listeners: ['broker', 'controller'],
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configurationKeys: array(string).nullable(),
    }),
    includeSynonyms: bool.default(false),
    includeDocumentation: bool.since(3).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: string.nullable(),
        readOnly: bool,
        configSource: int8.default(-1),
        isSensitive: bool,
        synonyms: array({ name: string, value: string.nullable(), source: int8 }),
        configType: int8.since(3).default(0),
        documentation: string.since(3).nullable(),
      }),
    }),
  },
})

export interface DescribeConfigsRequest extends RequestOf<typeof describeConfigs> {}
export type DescribeConfigsResponse = ResponseOf<typeof describeConfigs>
