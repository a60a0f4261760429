// Asks a broker for a group of either protocol, and who owns what in it: kafkajs knows no groups of
// KIP-848.

import { connect } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import { Errors } from '../../protocol/errors.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import type { Api, ResponseOf, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4

export interface DescribedGroup {
  readonly type: 'classic' | 'consumer'
  /** As the broker calls it, such as `Stable`. */
  readonly state: string
  /** What each member has, as `topic-partition`. */
  readonly owned: readonly (readonly string[])[]
}

export async function describeGroup(address: string, groupId: string): Promise<DescribedGroup> {
  const { groups: [group] } = await ask(address, consumerGroupDescribe, 0,
    { groupIds: [groupId], includeAuthorizedOperations: false })
  if (group!.errorCode === Errors.GROUP_ID_NOT_FOUND) return describeClassic(address, groupId)
  if (group!.errorCode !== Errors.NONE) throw new Error(`${groupId}: error ${group!.errorCode}`)
  return {
    type: 'consumer',
    state: group!.groupState,
    owned: group!.members.map(({ assignment }) => assignment.topicPartitions.flatMap(
      ({ topicName, partitions }) => partitions.map((index) => `${topicName}-${index}`))),
  }
}

async function describeClassic(address: string, groupId: string): Promise<DescribedGroup> {
  const { groups: [group] } = await ask(address, describeGroups, 5,
    { groups: [groupId], includeAuthorizedOperations: false })
  return {
    type: 'classic',
    state: group!.groupState,
    owned: group!.members.map(({ memberAssignment }) => partitionsOf(memberAssignment)),
  }
}

/** ConsumerProtocolAssignment; empty before there is one. */
function partitionsOf(assignment: Buffer): string[] {
  if (assignment.length === 0) return []
  const owned: string[] = []
  let at = 2
  const int32 = () => assignment.readInt32BE((at += 4) - 4)
  for (let topics = int32(); topics > 0; topics--) {
    const length = assignment.readInt16BE(at)
    const topic = assignment.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    for (let count = int32(); count > 0; count--) owned.push(`${topic}-${int32()}`)
  }
  return owned
}

/** One request on a connection of its own. */
async function ask<A extends Api>(
  address: string, api: A, version: number, body: WriteOf<A['request']['shape']>,
): Promise<ResponseOf<A>> {
  const request = Buffer.concat(encodeRequest(api, version, 1, 'compat', body as never))
  return decodeResponse(api, version, await exchange(address, request)).body as ResponseOf<A>
}

/** One request, one answer, without its length. */
function exchange(address: string, request: Buffer): Promise<Buffer> {
  const [host, port] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host!)
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      const isWhole = bytes.length >= LENGTH_BYTES
        && bytes.length >= LENGTH_BYTES + bytes.readInt32BE(0)
      if (!isWhole) return
      socket.destroy()
      resolve(bytes.subarray(LENGTH_BYTES))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed without an answer')))
    socket.write(request)
  })
}
