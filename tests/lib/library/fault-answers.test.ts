// A fault's answer in every API and version that is served: its error stands where Kafka's would.

import { describe, expect, test } from '@jest/globals'
import { decodeResponse, encodeResponse } from '../../../protocol/compile.ts'
import { type ErrorName, Errors } from '../../../protocol/errors.ts'
import { joined } from '../../../protocol/late-bytes.ts'
import { type Field, type Shape, ZERO_UUID } from '../../../protocol/schema.ts'
import { handlers } from '../../../lib/handlers/index.ts'
import { ScriptedFaults } from '../../../lib/library/faults.ts'
import { MovableClock } from '../../../lib/library/movable-clock.ts'
import { FetchSessions } from '../../../lib/replication/fetch-sessions.ts'
import type { RequestContext } from '../../../lib/server/handler.ts'
import type { Services } from '../../../lib/services.ts'
import { systemClock } from '../../../lib/world/clock.ts'
import { systemRandom } from '../../../lib/world/random.ts'

const clock = new MovableClock(systemClock())
const services = {
  fetchSessions: new FetchSessions({ clock, random: systemRandom(), maxSessions: 10 }),
} as unknown as Services

/** Kafka's answers to requests that fail as a whole have no place for the error before these. */
const SINCE: Readonly<Record<string, number>> = { DescribeLogDirs: 3 }

/** A request that names one of everything. */
function sample(shape: Shape, version: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(shape).map(([name, field]) => [
    name, sampleOf(field as Field<unknown>, version),
  ]))
}

function sampleOf({ spec }: Field<unknown, unknown, boolean>, version: number): unknown {
  const isThere = version >= spec.since && version <= spec.until
  switch (spec.kind) {
    case 'array': return isThere ? [sampleOf(spec.element!, version)] : []
    case 'struct': return sample(spec.shape!, version)
    case 'string': return isThere ? 'x' : spec.default ?? ''
    case 'uuid': return isThere ? 'x'.repeat(21) + 'A' : ZERO_UUID
    case 'bytes': case 'records': return Buffer.alloc(0)
    case 'bool': return false
    // Sessions and epochs begin with 0.
    default: return spec.default ?? 0
  }
}

/** Every error in an answer, by the fields that lead to it. */
function errorsIn(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => errorsIn(one, `${path}[]`))
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([name, one]) => (
    name === 'errorCode' || name === 'partitionErrorCode'
      ? one === Errors.NONE ? [] : [`${path}.${name}`.slice(1)] : errorsIn(one, `${path}.${name}`)))
}

async function answersOf(
  name: string, error: ErrorName = 'NOT_LEADER_OR_FOLLOWER',
): Promise<Map<number, string[]>> {
  const faults = new ScriptedFaults(handlers, clock)
  faults.on(name).reply(error)
  const handler = faults.inFrontOf(handlers).find(({ api }) => api.name === name)!
  const found = new Map<number, string[]>()
  for (let version = handler.versions[0]; version <= handler.versions[1]; version++) {
    const context = { apiVersion: version, answerFirst() {} } as unknown as RequestContext
    const request = sample(handler.api.request.shape, version)
    if (name === 'Produce') request['acks'] = -1
    // What is forgotten in the same breath is not fetched.
    if (name === 'Fetch') request['forgottenTopicsData'] = []
    const answer = handler.handle(request as never, context, services)
    const frame = joined(encodeResponse(handler.api, version, 1, answer as never))
    const { body } = decodeResponse(handler.api, version, frame.subarray(4))
    found.set(version, errorsIn(body))
  }
  return found
}

describe('an answer has the error', () => {
  test.each(handlers.map(({ api }) => api.name))('%s', async (name) => {
    for (const [version, places] of await answersOf(name)) {
      const isTold = version >= (SINCE[name] ?? 0)
      expect([version, places.length > 0]).toEqual([version, isTold])
    }
  })

  test('where it belongs: with the partition, the topic, the group, or the whole', async () => {
    const newest = async (name: string): Promise<string[]> => [...await answersOf(name)].at(-1)![1]
    expect(await newest('Produce')).toEqual(['responses[].partitionResponses[].errorCode'])
    expect(await newest('Fetch')).toEqual(['responses[].partitions[].errorCode'])
    expect(await newest('ListOffsets')).toEqual(['topics[].partitions[].errorCode'])
    expect(await newest('OffsetCommit')).toEqual(['topics[].partitions[].errorCode'])
    expect(await newest('CreateTopics')).toEqual(['topics[].errorCode'])
    expect(await newest('DescribeGroups')).toEqual(['groups[].errorCode'])
    expect(await newest('OffsetFetch')).toContain('groups[].errorCode')
    expect(await newest('FindCoordinator')).toEqual(['coordinators[].errorCode'])
    // Kafka says so of partitions alone, and clients look for it there.
    const unstable = await answersOf('OffsetFetch', 'UNSTABLE_OFFSET_COMMIT')
    expect([...unstable].at(-1)![1]).toEqual(['groups[].topics[].partitions[].errorCode'])
    expect(unstable.get(7)).toEqual(['topics[].partitions[].errorCode'])
    for (const name of ['ApiVersions', 'JoinGroup', 'Heartbeat', 'EndTxn', 'InitProducerId']) {
      expect(await newest(name)).toEqual(['errorCode'])
    }
  })
})
