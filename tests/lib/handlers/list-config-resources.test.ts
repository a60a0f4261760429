// ListConfigResources: which names there are by type and version.

import { expect, test } from '@jest/globals'

import { ConfigType } from '../../../controller/image/configs.ts'
import { record } from '../../../controller/metadata-records.ts'
import {
  listConfigResourcesHandler,
} from '../../../lib/handlers/list-config-resources.ts'
import type {
  ListConfigResourcesResponse,
} from '../../../protocol/messages/list-config-resources.ts'
import { contextOf, joined, servicesOf } from './services.ts'

const { BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC } = ConfigType

function list(version: number, ...resourceTypes: number[]): [number, string][] {
  const cluster = joined()
  const set = (resourceType: number, resourceName: string, name: string, value: string) =>
    cluster.apply(record('config', 0, { resourceType, resourceName, name, value }).bytes)
  set(GROUP, 'g', 'consumer.session.timeout.ms', '50000')
  set(CLIENT_METRICS, 'm', 'interval.ms', '1000')
  set(BROKER, '7', 'log.retention.ms', '1000')
  for (const [i, name] of ['b', 'a'].entries()) {
    cluster.apply(record('topic', 0, { name, topicId: `${i}`.repeat(21) + 'A' }).bytes)
  }
  const answer = listConfigResourcesHandler.handle(
    { resourceTypes }, contextOf(version), servicesOf(cluster)) as ListConfigResourcesResponse
  return answer.configResources
    .map(({ resourceName, resourceType }) => [resourceType!, resourceName])
}

test('all types come in their order, topics whether anything was set for them or not', () => {
  expect(list(1)).toEqual([
    [GROUP, 'g'], [CLIENT_METRICS, 'm'], [BROKER_LOGGER, '1'], [BROKER, '1'],
    [TOPIC, 'a'], [TOPIC, 'b'],
  ])
})

test('types can be chosen, and version 0 has but one', () => {
  expect(list(1, TOPIC, GROUP, GROUP)).toEqual([[GROUP, 'g'], [TOPIC, 'a'], [TOPIC, 'b']])
  expect(list(0)).toEqual([[CLIENT_METRICS, 'm']])
})

test('a type that nobody knows is refused', () => {
  expect(() => list(1, TOPIC, 3)).toThrow('')
  expect(listConfigResourcesHandler.options.errorAnswer!({ resourceTypes: [3] }, 1, 35, undefined))
    .toEqual({ errorCode: 35, configResources: [] })
})
