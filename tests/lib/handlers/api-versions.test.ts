// ApiVersions: features, and who is meant.

import { describe, expect, test } from '@jest/globals'

import { apiVersionsHandler } from '../../../lib/handlers/api-versions.ts'
import type {
  ApiVersionsRequest, ApiVersionsResponse,
} from '../../../protocol/messages/api-versions.ts'
import { Errors } from '../../../protocol/errors.ts'
import { settings } from '../../controller/harness.ts'
import { contextOf, joined, NODE_ID, servicesOf } from './services.ts'

function ask(apiVersion: number, request: Partial<ApiVersionsRequest> = {}): ApiVersionsResponse {
  return apiVersionsHandler.handle({
    clientSoftwareName: 'test', clientSoftwareVersion: '1', clusterId: null, nodeId: -1, ...request,
  }, contextOf(apiVersion), servicesOf(joined())) as ApiVersionsResponse
}

describe('features', () => {
  // The orders are those that Kafka 4.4 answers.
  test('supported ones may begin at version 0 from version 4 on', () => {
    expect(ask(3).supportedFeatures?.map(({ name }) => name)).toEqual(['metadata.version'])
    expect(ask(4).supportedFeatures?.map(({ name }) => name)).toEqual([
      'group.version', 'kraft.version', 'metadata.version', 'share.version', 'streams.version',
      'transaction.version', 'eligible.leader.replicas.version',
    ])
  })

  test('finalized ones have one level', () => {
    expect(ask(4).finalizedFeatures?.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))
      .toEqual([
        ['group.version', 1], ['streams.version', 1], ['transaction.version', 2],
        ['eligible.leader.replicas.version', 1], ['share.version', 2], ['metadata.version', 33],
      ])
  })
})

describe('who is meant', () => {
  const { clusterId } = settings
  test.each<[string, Partial<ApiVersionsRequest>, number]>([
    ['nobody in particular', {}, Errors.NONE],
    ['this node', { clusterId, nodeId: NODE_ID }, Errors.NONE],
    ['another node', { clusterId, nodeId: 9 }, Errors.REBOOTSTRAP_REQUIRED],
    ['a cluster without a node', { clusterId }, Errors.INVALID_REQUEST],
    ['a node without a cluster', { nodeId: NODE_ID }, Errors.INVALID_REQUEST],
  ])('%s', (_, request, errorCode) => {
    expect(ask(5, request)).toMatchObject({ errorCode })
  })
})
