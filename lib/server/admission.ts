// Who is let in, who waits for that, and who is refused.
//
// As in Kafka a connection of an address that has too many is closed at once, and one that is too
// many for the node waits until another one ends, accepted by the system but not read from. Node
// cannot leave connections to the system's own queue; so the line here has that queue's length.

import type { ListenerKind } from '../../protocol/schema.ts'
import type { Connection } from './connection.ts'
import { type ConnectionLimitOptions, ConnectionLimits } from './connection-limits.ts'
import type { RepeatedLines } from './repeated-lines.ts'

const MOST_IN_LINE = 511

export interface AdmissionOptions {
  readonly limits: ConnectionLimitOptions
  /** Of all together; beyond it they are refused. */
  readonly mostConnections: number
  readonly lines: RepeatedLines
  /** Called for one that had to wait. */
  onAdmitted(connection: Connection): void
}

interface Side {
  readonly limits: ConnectionLimits
  readonly admitted: Set<Connection>
  readonly line: Set<Connection>
}

export class Admission {
  readonly #options: AdmissionOptions
  readonly #sides: Readonly<Record<ListenerKind, Side>>
  #count = 0

  constructor(options: AdmissionOptions) {
    const side = (): Side => ({
      limits: new ConnectionLimits(options.limits), admitted: new Set(), line: new Set(),
    })
    this.#options = options
    this.#sides = { broker: side(), controller: side() }
  }

  /** What becomes of a new connection. To be told of its end (`left`), whatever it is. */
  arrived(connection: Connection): 'admitted' | 'waits' | 'refused' {
    const { mostConnections } = this.#options
    const { listenerKind, listenerName } = connection.peer
    const side = this.#sides[listenerKind]
    this.#count++
    if (this.#count > mostConnections) {
      this.#refuse('warn', 'descriptors', connection, `${mostConnections} are open, and the other `
        + 'half of the file descriptors that the process may have (ulimit -n) is for files')
      return 'refused'
    }
    if (!side.limits.isFull(listenerName)) {
      return this.#admit(side, connection) ? 'admitted' : 'refused'
    }
    if (side.line.size >= MOST_IN_LINE) {
      this.#refuse('warn', 'line', connection, `${side.admitted.size} are open, and `
        + `${MOST_IN_LINE} wait for one of them to end (max.connections)`)
      return 'refused'
    }
    side.line.add(connection)
    return 'waits'
  }

  left(connection: Connection): void {
    const { listenerKind, clientAddress } = connection.peer
    const side = this.#sides[listenerKind]
    this.#count--
    side.line.delete(connection)
    if (!side.admitted.delete(connection)) return
    side.limits.leave(clientAddress)
    this.#admitNext(side)
  }

  #admitNext(side: Side): void {
    for (const next of side.line) {
      if (side.limits.isFull(next.peer.listenerName)) return
      side.line.delete(next)
      if (this.#admit(side, next)) this.#options.onAdmitted(next)
      else next.destroy()
    }
  }

  #admit(side: Side, connection: Connection): boolean {
    const { clientAddress } = connection.peer
    if (!side.limits.enter(clientAddress)) {
      const most = side.limits.mostOf(clientAddress)
      this.#refuse('info', 'address', connection, `its address has ${most}, as many as it may`)
      return false
    }
    side.admitted.add(connection)
    if (side.limits.isExceeded) this.#closeLeastActive(side)
    return true
  }

  /** Makes room for a connection that did not have to wait. */
  #closeLeastActive(side: Side): void {
    let least: Connection | undefined
    for (const connection of side.admitted) {
      if (side.limits.isProtected(connection.peer.listenerName)) continue
      if (least === undefined || connection.lastActiveMs < least.lastActiveMs) least = connection
    }
    least?.destroy()
  }

  #refuse(level: 'info' | 'warn', kind: string, connection: Connection, reason: string): void {
    const { clientAddress, listenerName } = connection.peer
    this.#options.lines.log(level, kind, `A connection is refused: ${reason}`, {
      address: clientAddress, listener: listenerName,
    })
  }
}
