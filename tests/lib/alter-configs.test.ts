// IncrementalAlterConfigs and AlterConfigs as a broker answers them.

import { beforeEach, expect, test } from '@jest/globals'

import type { Decision } from '../../controller/decisions/decision.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { alterConfigsHandler } from '../../lib/handlers/alter-configs.ts'
import { incrementalAlterConfigsHandler } from '../../lib/handlers/incremental-alter-configs.ts'
import type { RequestContext } from '../../lib/server/handler.ts'
import type { Services } from '../../lib/services.ts'
import { Errors } from '../../protocol/errors.ts'
import type { AlterConfigsResponse } from '../../protocol/messages/alter-configs.ts'
import { Cluster } from '../controller/harness.ts'

const { BROKER, BROKER_LOGGER, TOPIC } = ConfigType
const SET = 0, APPEND = 2, UNKNOWN_OPERATION = 9
const context = { apiVersion: 1 } as RequestContext
let cluster: Cluster

beforeEach(() => {
  cluster = new Cluster()
  cluster.join(1)
})

function services(): Services {
  const controller = {
    image: cluster.image,
    submit: async <A>(decision: Decision<A>): Promise<A> => cluster.decide(decision),
  }
  return { controller, broker: { nodeId: 1 } } as unknown as Services
}

async function change(
  resourceType: number, name: string, value: string, configOperation: number, resourceName = '1',
) {
  const configs = [{ name, value, configOperation }]
  const resources = [{ resourceType, resourceName, configs }]
  const { responses } = await incrementalAlterConfigsHandler.handle(
    { resources, validateOnly: false }, context, services()) as AlterConfigsResponse
  return responses[0]!
}

async function replace(...names: string[]) {
  const resources = names.map((name) =>
    ({ resourceType: BROKER, resourceName: '1', configs: [{ name, value: '5' }] }))
  const { responses } = await alterConfigsHandler.handle(
    { resources, validateOnly: false }, context, services()) as AlterConfigsResponse
  return responses
}

test('an unknown operation has an error, and no message', async () => {
  expect(await change(TOPIC, 'retention.ms', '5', UNKNOWN_OPERATION, 'a'))
    .toMatchObject({ errorCode: Errors.UNKNOWN_SERVER_ERROR, errorMessage: null })
  expect(await change(BROKER, 'log.retention.ms', '5', UNKNOWN_OPERATION)).toMatchObject({
    errorCode: Errors.INVALID_REQUEST, errorMessage: 'Unknown operations type 9',
  })
})

test('settings of a broker are looked through before they are taken', async () => {
  expect(await change(BROKER, 'broker.rack', 'r', SET)).toMatchObject({
    errorCode: Errors.INVALID_REQUEST,
    errorMessage: 'Cannot update these configs dynamically: [broker.rack]',
  })
  expect(await change(BROKER, 'log.cleanup.policy', 'shred', APPEND))
    .toMatchObject({ errorCode: Errors.INVALID_REQUEST })
  expect(await change(BROKER, 'log.cleanup.policy', 'compact', APPEND))
    .toMatchObject({ errorCode: Errors.NONE, errorMessage: null })
  expect(cluster.image.configs.value(BROKER, '1', 'log.cleanup.policy')).toBe('delete,compact')
})

test('the log level is not changed', async () => {
  expect(await change(BROKER_LOGGER, 'kafka', 'INFO', SET)).toMatchObject({
    errorCode: Errors.INVALID_CONFIG, errorMessage: 'Logger kafka does not exist!',
  })
})

test('AlterConfigs has the same checks, and takes a resource once', async () => {
  expect(await replace('broker.rack')).toMatchObject([{ errorCode: Errors.INVALID_REQUEST }])
  expect(await replace('log.retention.ms')).toMatchObject([{ errorCode: Errors.NONE }])
  const message = 'Each resource must appear at most once.'
  expect(await replace('log.retention.ms', 'log.roll.ms'))
    .toMatchObject([{ errorMessage: message }, { errorMessage: message }])
  expect(cluster.image.configs.value(BROKER, '1', 'log.retention.ms')).toBe('5')
})
