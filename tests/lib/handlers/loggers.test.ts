// The loggers of a node as DescribeConfigs and IncrementalAlterConfigs have them (KIP-412), against
// what Kafka 4.4 answered of its root logger.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { ConfigType } from '../../../controller/image/configs.ts'
import { describeConfigsHandler } from '../../../lib/handlers/describe-configs.ts'
import { incrementalAlterConfigsHandler } from '../../../lib/handlers/incremental-alter-configs.ts'
import { createLogger } from '../../../lib/world/logger.ts'
import type { DescribeConfigsResponse } from '../../../protocol/messages/describe-configs.ts'
import { Errors } from '../../../protocol/errors.ts'
import type {
  IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
} from '../../../protocol/messages/incremental-alter-configs.ts'
import type { Services } from '../../../lib/services.ts'
import type { Cluster } from '../../controller/harness.ts'
import { contextOf, joined, NODE_ID, servicesOf } from './services.ts'

const { BROKER, BROKER_LOGGER } = ConfigType
const SET = 0
const DELETE = 1
const node = String(NODE_ID)
let cluster: Cluster
let services: Services
let lines: string[]

beforeEach(() => {
  cluster = joined()
  lines = []
  const logger = createLogger({ write: (line) => { lines.push(line) } })
  services = servicesOf(cluster, {}, { logger })
})

type Resource = IncrementalAlterConfigsRequest['resources'][number]

const change = (
  type: number, name: string, value: string | null, resourceName = node,
): Resource => ({
  resourceType: type, resourceName,
  configs: [{ name, value, configOperation: value === null ? DELETE : SET }],
})

async function alter(
  resources: Resource[], validateOnly = false,
): Promise<IncrementalAlterConfigsResponse['responses']> {
  const answer = await incrementalAlterConfigsHandler.handle(
    { resources, validateOnly }, contextOf(1), services)
  return (answer as IncrementalAlterConfigsResponse).responses
}

function ask(
  resourceName: string, configurationKeys: string[] | null = null, includeDocumentation = false,
): DescribeConfigsResponse['results'][number] {
  const answer = describeConfigsHandler.handle({
    resources: [{ resourceType: BROKER_LOGGER, resourceName, configurationKeys }],
    includeSynonyms: true, includeDocumentation,
  }, contextOf(4), services)
  return (answer as DescribeConfigsResponse).results[0]!
}

describe('loggers', () => {
  test.each([true, false])('are the root, with its level (documentation: %s)', (isAsked) => {
    expect(ask(node, null, isAsked)).toEqual({
      errorCode: Errors.NONE, errorMessage: '', resourceType: BROKER_LOGGER, resourceName: node,
      configs: [{
        name: 'root', value: 'INFO', readOnly: false, configSource: 6, isSensitive: false,
        synonyms: [], configType: 0, documentation: '',
      }],
    })
    expect(ask(node, ['kafka']).configs).toEqual([])
  })

  test.each([
    ['', 'Broker id must not be empty'],
    ['7', `Unexpected broker id, expected ${NODE_ID} but received 7`],
    ['x', 'Broker id must be an integer, but it is: x'],
  ])('of "%s" are none of this node', (name, errorMessage) => {
    expect(ask(name)).toMatchObject({
      errorCode: Errors.INVALID_REQUEST, errorMessage, configs: [],
    })
  })

  test('log what they are set to, and are described so', async () => {
    expect(await alter([change(BROKER_LOGGER, 'root', 'TRACE')])).toEqual([
      { errorCode: Errors.NONE, errorMessage: null, resourceType: BROKER_LOGGER,
        resourceName: node },
    ])
    expect(ask(node).configs[0]!.value).toBe('TRACE')
    services.logger.debug('fine')
    expect(lines.at(-1)).toContain('fine')
    await alter([change(BROKER_LOGGER, 'root', 'ERROR')])
    services.logger.warn('coarse')
    expect(lines.at(-1)).toContain('fine')
  })

  test('are only looked through where nothing is to be done', async () => {
    expect(await alter([change(BROKER_LOGGER, 'root', 'DEBUG')], true))
      .toMatchObject([{ errorCode: Errors.NONE }])
    expect(ask(node).configs[0]!.value).toBe('INFO')
  })

  test('change or not, each by itself, in the order of the request', async () => {
    expect(await alter([
      change(BROKER_LOGGER, 'root', 'DEBUG'), change(BROKER, 'broker.rack', 'r'),
      change(BROKER, 'log.retention.ms', '5', ''),
    ])).toMatchObject([
      { resourceType: BROKER_LOGGER, errorCode: Errors.NONE },
      { resourceName: node, errorCode: Errors.INVALID_REQUEST },
      { resourceName: '', errorCode: Errors.NONE },
    ])
    expect(ask(node).configs[0]!.value).toBe('DEBUG')
    expect(cluster.image.configs.value(BROKER, '', 'log.retention.ms')).toBe('5')
    expect(cluster.image.configs.of(BROKER_LOGGER, node).size).toBe(0)
  })

  test.each<[string, string | null, number, string]>([
    ['root', 'debug', Errors.INVALID_CONFIG, 'Cannot set the log level of root to debug as it is ' +
      'not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN'],
    ['root', null, Errors.INVALID_REQUEST,
      'Removing the log level of the root logger is not allowed'],
    ['no.such', null, Errors.INVALID_CONFIG, 'Logger no.such does not exist!'],
  ])('%s does not become %s', async (name, value, errorCode, errorMessage) => {
    expect(await alter([change(BROKER_LOGGER, name, value)]))
      .toMatchObject([{ errorCode, errorMessage }])
    expect(ask(node).configs[0]!.value).toBe('INFO')
  })
})
