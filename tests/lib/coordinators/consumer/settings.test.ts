// Where a consumer group has its settings from: itself, all brokers, or the node.

import { expect, test } from '@jest/globals'
import { ConfigType } from '../../../../controller/image/configs.ts'
import { EMPTY_IMAGE } from '../../../../controller/image/image.ts'
import { DEVELOPMENT, parseConfig } from '../../../../lib/config.ts'
import { consumerSettings } from '../../../../lib/coordinators/groups/consumer/settings.ts'

const INTERVAL = 'group.consumer.assignment.interval.ms'

function settingsOf(
  given: Record<string, string>,
  dynamic: readonly (readonly [type: number, resource: string, name: string, value: string])[] = [],
) {
  const config = parseConfig(new Map(Object.entries(given)), () => {}, { base: DEVELOPMENT })
  const configs = dynamic.reduce((all, each) => all.withValue(...each), EMPTY_IMAGE.configs)
  return consumerSettings(config, () => ({ ...EMPTY_IMAGE, configs }))
}

test('a group has its own before those of all brokers, and these before the node\'s', () => {
  const settings = settingsOf({ [INTERVAL]: '1' }, [
    [ConfigType.BROKER, '', INTERVAL, '2'],
    [ConfigType.GROUP, 'g', 'consumer.assignment.interval.ms', '3'],
  ])
  expect(settingsOf({ [INTERVAL]: '1' }).of('g').assignmentIntervalMs).toBe(1)
  expect(settings.of('h').assignmentIntervalMs).toBe(2)
  expect(settings.of('g').assignmentIntervalMs).toBe(3)
})

test('what is set on the node itself comes before what is set on all brokers', () => {
  const settings = settingsOf({ 'node.id': '7', [INTERVAL]: '1' }, [
    [ConfigType.BROKER, '', INTERVAL, '2'], [ConfigType.BROKER, '7', INTERVAL, '4'],
    [ConfigType.BROKER, '8', INTERVAL, '5'],
    [ConfigType.GROUP, 'g', 'consumer.assignment.interval.ms', '3'],
  ])
  expect(settings.of('h').assignmentIntervalMs).toBe(4)
  expect(settings.of('g').assignmentIntervalMs).toBe(3)
})

test('what a group has for itself stays within the bounds of the node', () => {
  const { of } = settingsOf({ 'group.consumer.max.session.timeout.ms': '50000' }, [
    [ConfigType.GROUP, 'g', 'consumer.session.timeout.ms', '60000'],
    [ConfigType.GROUP, 'g', 'consumer.heartbeat.interval.ms', '1000'],
  ])
  expect(of('g')).toMatchObject({ sessionTimeoutMs: 50_000, heartbeatIntervalMs: 5000 })
})

test.each([
  ['disabled', false, false], ['Upgrade', true, false], ['DOWNGRADE', false, true],
  ['bidirectional', true, true],
])('the policy %s', (policy, mayUpgrade, mayDowngrade) => {
  const { migration } = settingsOf({ 'group.consumer.migration.policy': policy })
  expect(migration).toEqual({ mayUpgrade, mayDowngrade })
})

test('the first assignor is the one for groups that ask for none', () => {
  const { assignors } = settingsOf({ 'group.consumer.assignors': 'range,uniform' })
  expect(assignors.map(({ name }) => name)).toEqual(['range', 'uniform'])
  expect(() => settingsOf({ 'group.consumer.assignors': 'org.example.Mine' }))
    .toThrow('there is no assignor org.example.Mine here')
})
