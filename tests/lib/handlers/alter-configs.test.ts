// AlterConfigs and IncrementalAlterConfigs: what is refused before the controller is asked.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { ConfigType } from '../../../controller/image/configs.ts'
import { alterConfigsHandler } from '../../../lib/handlers/alter-configs.ts'
import { incrementalAlterConfigsHandler } from '../../../lib/handlers/incremental-alter-configs.ts'
import type { AlterConfigsResponse } from '../../../protocol/messages/alter-configs.ts'
import { Errors } from '../../../protocol/errors.ts'
import type { Cluster } from '../../controller/harness.ts'
import { contextOf, joined, NODE_ID, servicesOf } from './services.ts'

const { BROKER, BROKER_LOGGER, TOPIC } = ConfigType
const SET = 0
const DELETE = 1
const APPEND = 2
const node = String(NODE_ID)
let cluster: Cluster

beforeEach(() => {
  cluster = joined()
})

type Result = AlterConfigsResponse['responses'][number]

async function incremental(
  resourceType: number, resourceName: string, name: string, value: string | null, operation = SET,
): Promise<Result | undefined> {
  const configs = [{ name, value, configOperation: operation }]
  const request = { validateOnly: false, resources: [{ resourceType, resourceName, configs }] }
  const answer = await incrementalAlterConfigsHandler.handle(
    request, contextOf(1), servicesOf(cluster))
  return (answer as AlterConfigsResponse).responses[0]
}

async function replace(
  resourceType: number, resourceName: string, configs: Record<string, string>,
): Promise<Result | undefined> {
  const resource = {
    resourceType, resourceName,
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
  const answer = await alterConfigsHandler.handle(
    { validateOnly: false, resources: [resource] }, contextOf(2), servicesOf(cluster))
  return (answer as AlterConfigsResponse).responses[0]
}

describe('settings of brokers', () => {
  test('that cannot change are refused, and nothing is written', async () => {
    const refusal = {
      errorCode: Errors.INVALID_REQUEST,
      errorMessage: 'Cannot update these configs dynamically: [broker.rack]',
    }
    expect(await incremental(BROKER, node, 'broker.rack', 'r')).toMatchObject(refusal)
    expect(await incremental(BROKER, '', 'broker.rack', 'r')).toMatchObject(refusal)
    expect(await replace(BROKER, node, { 'broker.rack': 'r' })).toMatchObject(refusal)
    expect(cluster.image.configs.value(BROKER, node, 'broker.rack')).toBeUndefined()
  })

  test('are looked through as they would be together', async () => {
    expect(await incremental(BROKER, '', 'log.cleanup.policy', 'compact', APPEND))
      .toMatchObject({ errorCode: Errors.NONE, errorMessage: null })
    expect(await incremental(BROKER, '', 'log.cleanup.policy', 'shred', APPEND)).toMatchObject({
      errorCode: Errors.INVALID_REQUEST,
      errorMessage: 'Invalid value shred for configuration log.cleanup.policy: String must be ' +
        'one of: compact, delete',
    })
    expect(cluster.image.configs.value(BROKER, '', 'log.cleanup.policy')).toBe('delete,compact')
  })

  test.each([
    ['log.retention.ms', 'Config value append is not allowed for config key: log.retention.ms'],
    ['no.such', 'Unknown config name: no.such'],
  ])('%s is no list', async (name, errorMessage) => {
    expect(await incremental(BROKER, '', name, '5', APPEND))
      .toMatchObject({ errorCode: Errors.INVALID_CONFIG, errorMessage })
  })

  test('that nobody knows are set and deleted', async () => {
    expect(await incremental(BROKER, node, 'no.such', 'x')).toMatchObject({ errorCode: 0 })
    expect(cluster.image.configs.value(BROKER, node, 'no.such')).toBe('x')
    expect(await incremental(BROKER, node, 'no.such', null, DELETE))
      .toMatchObject({ errorCode: 0 })
    expect(cluster.image.configs.value(BROKER, node, 'no.such')).toBeUndefined()
  })
})

test('a resource that is named twice is refused both times', async () => {
  const resource = (name: string) =>
    ({ resourceType: BROKER, resourceName: node, configs: [{ name, value: '5' }] })
  const answer = await alterConfigsHandler.handle({
    validateOnly: false, resources: [resource('log.retention.ms'), resource('log.roll.ms')],
  }, contextOf(2), servicesOf(cluster)) as AlterConfigsResponse
  const refusal = {
    errorCode: Errors.INVALID_REQUEST, errorMessage: 'Each resource must appear at most once.',
  }
  expect(answer.responses).toMatchObject([refusal, refusal])
  expect(cluster.image.configs.of(BROKER, node).size).toBe(0)
})

test('an operation that nobody knows has no words', async () => {
  expect(await incremental(TOPIC, 'a', 'retention.ms', '5', 9))
    .toMatchObject({ errorCode: Errors.UNKNOWN_SERVER_ERROR, errorMessage: null })
  expect(await incremental(BROKER, node, 'log.retention.ms', '5', 9)).toMatchObject({
    errorCode: Errors.INVALID_REQUEST, errorMessage: 'Unknown operations type 9',
  })
})

test('log levels are told apart from other settings', async () => {
  expect(await incremental(BROKER_LOGGER, node, 'kafka', 'INFO')).toMatchObject({
    errorCode: Errors.INVALID_CONFIG, errorMessage: 'Logger kafka does not exist!',
  })
  expect(await replace(BROKER_LOGGER, node, { kafka: 'INFO' })).toMatchObject({
    errorCode: Errors.INVALID_REQUEST, errorMessage: 'Unknown resource type 8',
  })
})
