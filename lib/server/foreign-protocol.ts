// What speaks to a listener without speaking Kafka's protocol, told by its first bytes.

/** Methods of HTTP, and what a server of it would begin with, as far as four bytes go. */
const HTTP_BEGINNINGS = [
  'GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'CONN', 'OPTI', 'TRAC', 'PATC', 'PRI ', 'HTTP',
]
/** The type of a handshake record, and the major version that all of TLS has. */
const TLS_HANDSHAKE = 0x1603

/** Undefined: nobody knows. */
export type ForeignProtocol = 'HTTP' | 'TLS' | undefined

/** What the four bytes seem to be that stand where the length of a request should. */
export function foreignProtocol(bytes: Buffer, start: number): ForeignProtocol {
  if (bytes.readUInt16BE(start) === TLS_HANDSHAKE) return 'TLS'
  return HTTP_BEGINNINGS.includes(bytes.toString('latin1', start, start + 4)) ? 'HTTP' : undefined
}
