// Asks a broker for a group of the consumer protocol (KIP-848): kafkajs knows no such groups.

import { connect } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'

const LENGTH_BYTES = 4

/** Its state and how many members it has. */
export async function describeConsumerGroup(
  address: string, groupId: string,
): Promise<{ state: string, memberCount: number }> {
  const frame = await exchange(address, Buffer.concat(encodeRequest(
    consumerGroupDescribe, 0, 1, 'compat', { groupIds: [groupId],
      includeAuthorizedOperations: false })))
  const { groups } = decodeResponse(consumerGroupDescribe, 0, frame).body
  return { state: groups[0]!.groupState, memberCount: groups[0]!.members.length }
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
