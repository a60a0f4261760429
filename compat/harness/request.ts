// One request of any API to a broker, for what the clients at hand do not ask.

import { connect } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4

/** Asks on a connection of its own, and gives the answer. */
export async function ask<A extends Api>(
  address: string, api: A, version: number, body: WriteOf<A['request']['shape']>,
): Promise<Decoded<A['response']>> {
  const request = Buffer.concat(encodeRequest(api, version, 1, 'compat', body))
  return decodeResponse(api, version, await exchange(address, request)).body
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
