// Connections of this machine to brokers, over TCP.

import { connect, type Socket } from 'node:net'
import type { Dial, Link, LinkEvents } from '../client/dial.ts'

/** The links of a client that runs on this machine. */
export function tcpDial(): Dial {
  return ({ host, port }, events, timeoutMs) => new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, timeout: timeoutMs })
    socket.once('error', reject)
    socket.once('timeout', () => {
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    })
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.setTimeout(0)
      resolve(linkOf(socket, events))
    })
  })
}

function linkOf(socket: Socket, events: LinkEvents): Link {
  let reason: Error | undefined
  socket.on('data', (bytes: Buffer) => events.received(bytes))
  socket.on('error', (error) => { reason = error })
  socket.on('close', () => events.closed(reason))
  return {
    get unsentBytes() { return socket.writableLength },
    send(buffers) {
      socket.cork()
      for (const buffer of buffers) socket.write(buffer)
      socket.uncork()
    },
    destroy: () => { socket.destroy() },
  }
}
