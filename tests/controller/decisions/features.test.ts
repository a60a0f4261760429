// UpdateFeatures: what goes up or down, and what does not.

import { beforeEach, expect, test } from '@jest/globals'

import {
  type FeatureUpdate, updateFeatures,
} from '../../../controller/decisions/update-features.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { record } from '../../../controller/metadata-records.ts'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { Cluster } from '../harness.ts'

let cluster: Cluster

beforeEach(() => {
  cluster = new Cluster()
  cluster.join(1)
})

type Kind = FeatureUpdate['kind']

function update(feature: string, level: number, kind: Kind, validateOnly = false): string {
  try {
    cluster.decide(updateFeatures([{ feature, level, kind }], validateOnly))
    return 'done'
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    expect(error.code).toBe(Errors.INVALID_UPDATE_VERSION)
    return error.message
  }
}

const levelOf = (feature: string): number => cluster.image.features.level(feature)

test('levels go down and up, and a check changes nothing', () => {
  expect(update('share.version', 1, 'safeDowngrade', true)).toBe('done')
  expect(levelOf('share.version')).toBe(2)
  expect(update('share.version', 1, 'safeDowngrade')).toBe('done')
  expect(levelOf('share.version')).toBe(1)
  expect(update('share.version', 2, 'upgrade')).toBe('done')
  expect(update('group.version', 0, 'unsafeDowngrade')).toBe('done')
  expect([levelOf('share.version'), levelOf('group.version')]).toEqual([2, 0])
})

test.each<[string, number, Kind, string]>([
  ['group.version', 1, undefined, 'Invalid update version 1 for feature group.version. The ' +
    'controller does not support the given upgrade type.'],
  ['group.version', -1, 'safeDowngrade', 'Invalid update version -1 for feature group.version. ' +
    'A feature version cannot be less than 0.'],
  ['group.version', 2, 'upgrade', 'Invalid update version 2 for feature group.version. Local ' +
    'controller 1 only supports versions 0-1'],
  ['no.version', 1, 'upgrade', 'Invalid update version 1 for feature no.version. Local ' +
    'controller 1 does not support this feature.'],
  ['no.version', 0, 'upgrade',
    'Invalid update version 0 for feature no.version. Feature no.version not found.'],
  ['share.version', 1, 'upgrade', "Invalid update version 1 for feature share.version. Can't " +
    'downgrade the version of this feature without setting the upgrade type to either safe or ' +
    'unsafe downgrade.'],
  ['metadata.version', 29, 'safeDowngrade', 'Unsupported metadata.version downgrade from 33 to ' +
    '29. Refusing to perform the requested downgrade because it might delete metadata ' +
    'information.'],
  ['metadata.version', 32, 'unsafeDowngrade', 'Unsupported metadata.version downgrade from 33 ' +
    'to 32. Unsafe metadata downgrade is not supported in this version.'],
])('%s to %d by %s is refused', (feature, level, kind, message) => {
  const before = cluster.image
  expect(update(feature, level, kind)).toBe(message)
  expect(cluster.image).toBe(before)
})

test('voters move into the log once, where they can be reached', () => {
  cluster.quorum = { version: 0, canHaveVoters: false }
  expect(update('kraft.version', 1, 'upgrade'))
    .toBe('Invalid upgrade of kraft.version to 1 because not all of the voters support it')
  cluster.quorum = { version: 0, canHaveVoters: true }
  expect(update('kraft.version', 1, 'upgrade', true)).toBe('done')
  expect(cluster.quorum.version).toBe(0)
  expect(update('kraft.version', 1, 'upgrade')).toBe('done')
  expect(cluster.quorum.version).toBe(1)
  expect(cluster.records.map(({ type }) => type)).toEqual(['noOp'])
  expect(update('kraft.version', 0, 'safeDowngrade')).toBe('Invalid update version 0 for feature '
    + "kraft.version. Can't downgrade the version of this feature.")
})

test('a level that is not there to be had downwards is no downgrade', () => {
  update('share.version', 1, 'safeDowngrade')
  expect(update('share.version', 2, 'safeDowngrade')).toMatch("Can't downgrade to a newer version.")
})

test('the metadata version goes down where records are the same, and up again', () => {
  cluster.apply(record('featureLevel', 0, { name: 'metadata.version', featureLevel: 29 }).bytes)
  expect(update('metadata.version', 22, 'safeDowngrade')).toMatch('from 29 to 22')
  expect(update('metadata.version', 23, 'safeDowngrade')).toBe('done')
  expect(update('metadata.version', 33, 'upgrade')).toBe('done')
})

test('a broker that does not know a level keeps the cluster from it', () => {
  const broker = cluster.image.brokers.get(1)!
  cluster.image = {
    ...cluster.image,
    brokers: cluster.image.brokers.withBroker({
      ...broker,
      features: [{ name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 0 }],
    }),
  }
  expect(update('group.version', 1, 'upgrade')).toBe('Invalid update version 1 for feature ' +
    'group.version. Broker 1 does not support this feature.')
})

test('with eligible leader replicas the minimum of replicas is that of the cluster', () => {
  cluster = new Cluster({ isElrEnabled: false })
  cluster.join(1)
  const name = 'min.insync.replicas'
  cluster.apply(record('config', 0,
    { resourceType: ConfigType.BROKER, resourceName: '1', name, value: '2' }).bytes)
  expect(update('eligible.leader.replicas.version', 1, 'upgrade')).toBe('done')
  expect(cluster.image.features.isElrEnabled).toBe(true)
  expect(cluster.image.configs.value(ConfigType.BROKER, '', name)).toBe('1')
  expect(cluster.image.configs.value(ConfigType.BROKER, '1', name)).toBeUndefined()
  cluster.apply(record('featureLevel', 0, { name: 'metadata.version', featureLevel: 22 }).bytes)
  expect(update('eligible.leader.replicas.version', 1, 'upgrade'))
    .toMatch('because it depends on metadata.version level 23')
})

test('all that a request names, or nothing', () => {
  expect(() => cluster.decide(updateFeatures([
    { feature: 'share.version', level: 1, kind: 'safeDowngrade' },
    { feature: 'no.version', level: 1, kind: 'upgrade' },
  ], false))).toThrow('does not support this feature')
  expect(levelOf('share.version')).toBe(2)
})
