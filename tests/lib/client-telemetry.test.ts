// Clients and their metrics: what they are to push, when they may, and what is forgotten.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { ConfigType } from '../../controller/image/configs.ts'
import { record } from '../../controller/metadata-records.ts'
import { ClientTelemetry, type Push, type TelemetryPeer } from '../../lib/client-telemetry.ts'
import { apiVersionsHandler } from '../../lib/handlers/api-versions.ts'
import { handlers } from '../../lib/handlers/index.ts'
import { Client } from '../../lib/server/client.ts'
import type { ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import { ApiError, type ErrorCode, Errors } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { Cluster } from '../controller/harness.ts'
import { contextOf, joined, servicesOf } from './handlers/services.ts'

const ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const OTHER_ID = 'NkU3OEVBNTcwNTJENDM2Qg'
let cluster: Cluster
let nowMs: number
let telemetry: ClientTelemetry
let peer: TelemetryPeer

beforeEach(() => {
  cluster = joined()
  nowMs = 0
  telemetry = new ClientTelemetry({
    controller: { get image() { return cluster.image } },
    clock: { monotonicMs: () => nowMs }, random: { uuid: () => OTHER_ID }, maxBytes: 100,
  })
  peer = peerOf(1)
})

function peerOf(connectionId: number): TelemetryPeer {
  const client = new Client(50_000)
  client.softwareName = 'probe'
  return { connectionId, clientId: 'me', clientAddress: '127.0.0.1', client }
}

function subscribe(name: string, settings: Record<string, string>): void {
  for (const [key, value] of Object.entries(settings)) {
    cluster.apply(record('config', 0,
      { resourceType: ConfigType.CLIENT_METRICS, resourceName: name, name: key, value }).bytes)
  }
}

function codeOf(work: () => unknown): ErrorCode {
  try {
    work()
    return Errors.NONE
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return error.code
  }
}

const get = (id = ID, from = peer) => telemetry.subscriptionOf(id, from)
const getCode = (id = ID, from = peer) => codeOf(() => get(id, from))

const push = (subscriptionId: number, more: Partial<Push> = {}) => codeOf(() => telemetry.push({
  clientInstanceId: ID, subscriptionId, terminating: false, compressionType: 4,
  metrics: Buffer.from('x'), ...more,
}, peer))

describe('a subscription', () => {
  test('is that of all that match, with the shortest interval, by an id as in Kafka', () => {
    expect(get()).toMatchObject({
      metrics: [], pushIntervalMs: 300_000, subscriptionId: -1480237609,
    })
    subscribe('s1', { 'interval.ms': '1000', 'metrics': 'org.apache.b,org.apache.a,zz' })
    subscribe('s2', {
      'interval.ms': '500', 'metrics': 'yy,org.apache.a',
      'match': 'client_software_name=pro.*,client_id=me',
    })
    subscribe('s3', { 'interval.ms': '200', 'metrics': 'nn', 'match': 'client_id=m' })
    expect(get()).toMatchObject({
      metrics: ['org.apache.b', 'zz', 'yy', 'org.apache.a'], pushIntervalMs: 500,
      subscriptionId: -382759634,
    })
  })

  test('of all metrics needs no others', () => {
    subscribe('s', { 'interval.ms': '500', 'metrics': 'a,*,b' })
    expect(get()).toMatchObject({ metrics: ['*'], subscriptionId: -666739022 })
  })

  test('is given to a new client with an id', () => {
    expect(get(ZERO_UUID).id).toBe(OTHER_ID)
  })
})

describe('a client', () => {
  test('waits for its interval, with questions and with pushes', () => {
    const { subscriptionId } = get()
    expect(getCode()).toBe(Errors.THROTTLING_QUOTA_EXCEEDED)
    expect(push(subscriptionId)).toBe(Errors.NONE)
    expect(push(subscriptionId)).toBe(Errors.THROTTLING_QUOTA_EXCEEDED)
    expect(push(subscriptionId, { terminating: true })).toBe(Errors.NONE)
    expect(push(subscriptionId)).toBe(Errors.INVALID_REQUEST)
    nowMs = 300_000
    expect(getCode()).toBe(Errors.NONE)
    expect(push(subscriptionId)).toBe(Errors.NONE)
  })

  test('asks again at once where its subscription is another one', () => {
    const { subscriptionId } = get()
    subscribe('s', { metrics: 'a' })
    expect(push(subscriptionId)).toBe(Errors.UNKNOWN_SUBSCRIPTION_ID)
    const now = get()
    expect(now.metrics).toEqual(['a'])
    nowMs = 300_000
    expect(push(now.subscriptionId, { compressionType: 5 }))
      .toBe(Errors.UNSUPPORTED_COMPRESSION_TYPE)
    expect(getCode()).toBe(Errors.NONE)
    nowMs = 600_000
    expect(push(now.subscriptionId, { metrics: Buffer.alloc(101) }))
      .toBe(Errors.TELEMETRY_TOO_LARGE)
    expect(getCode()).toBe(Errors.THROTTLING_QUOTA_EXCEEDED)
  })

  test('has an id of its own', () => {
    for (const id of [ZERO_UUID, 'AAAAAAAAAAAAAAAAAAAAAQ']) {
      expect(push(0, { clientInstanceId: id })).toBe(Errors.INVALID_REQUEST)
    }
  })

  test('is forgotten with its connection, after long silence, and when there are too many', () => {
    get()
    peer.client.gone()
    expect(getCode(ID, peerOf(2))).toBe(Errors.NONE)
    expect(getCode(ID, peerOf(3))).toBe(Errors.THROTTLING_QUOTA_EXCEEDED)
    nowMs = 900_000
    expect(getCode(ID, peerOf(3))).toBe(Errors.NONE)
    for (let i = 0; i < 20_000; i++) {
      const id = Buffer.alloc(16)
      id.writeUInt32BE(i + 1)
      get(id.toString('base64url'), peerOf(i + 10))
    }
    expect(getCode(ID, peerOf(4))).toBe(Errors.NONE)
  })
})

test('ApiVersions keeps it to itself, and hears what the client is', () => {
  const context = contextOf(3)
  const services = servicesOf(cluster, {}, { apis: handlers })
  const { apiKeys } = apiVersionsHandler.handle({
    clientSoftwareName: 'samsa', clientSoftwareVersion: '7', clusterId: null, nodeId: -1,
  }, context, services) as ApiVersionsResponse
  const keys = apiKeys.map(({ apiKey }) => apiKey)
  expect(keys).toContain(74)
  expect(keys).not.toContain(71)
  expect(keys).not.toContain(72)
  const { softwareName, softwareVersion } = context.client
  expect([softwareName, softwareVersion]).toEqual(['samsa', '7'])
})
