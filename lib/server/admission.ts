// Who is let in, who waits for that, and who is refused.
//
// As in Kafka a connection of an address that has too many is closed at once, and one of an address
// whose connections come too fast is closed after a while, during which nothing of it is read. One
// that is too many for its listener or for the node, or comes too soon after others, waits, and
// those of its listener behind it: accepted by the system, but not read from. Node cannot leave
// connections to the system's own queue; so the line here has that queue's length.

import type { ListenerKind } from '../../protocol/schema.ts'
import type { Clock, Timer } from '../world/clock.ts'
import type { Connection } from './connection.ts'
import { type ConnectionLimitOptions, ConnectionLimits } from './connection-limits.ts'
import type { RateWindows } from '../rate-windows.ts'
import type { RepeatedLines } from './repeated-lines.ts'

const MOST_IN_LINE = 511

export interface AdmissionOptions {
  readonly limits: ConnectionLimitOptions
  readonly windows: RateWindows
  readonly clock: Pick<Clock, 'monotonicMs' | 'setTimer'>
  /** Of all together; beyond it they are refused. */
  readonly mostConnections: number
  readonly lines: RepeatedLines
  /** Called for one that had to wait. */
  onAdmitted(connection: Connection): void
}

/** The entrance of one listener. */
interface Door {
  readonly listenerName: string
  readonly line: Set<Connection>
  /** The first in line was counted, and may enter from then on if there is room. */
  openAtMs: number | undefined
  timer: Timer | undefined
}

interface Side {
  readonly limits: ConnectionLimits
  readonly doors: Map<string, Door>
  readonly admitted: Set<Connection>
  /** Of those the ones that were closed to make room, and are not gone yet. */
  readonly leaving: Set<Connection>
  /** Not admitted, and to be closed when their time is over. */
  readonly delayed: Map<Connection, Timer>
}

export class Admission {
  readonly #options: AdmissionOptions
  readonly #sides: Readonly<Record<ListenerKind, Side>>
  #count = 0

  constructor(options: AdmissionOptions) {
    const side = (): Side => ({
      limits: new ConnectionLimits(options.limits, options.windows),
      doors: new Map(), admitted: new Set(), leaving: new Set(), delayed: new Map(),
    })
    this.#options = options
    this.#sides = { broker: side(), controller: side() }
  }

  /** To be called before a listener's first connection. */
  open(kind: ListenerKind, listenerName: string): void {
    const { doors, limits } = this.#sides[kind]
    limits.open(listenerName)
    doors.set(listenerName, {
      listenerName, line: new Set(), openAtMs: undefined, timer: undefined,
    })
  }

  /** Nobody who waits there is let in any more. */
  close(kind: ListenerKind, listenerName: string): void {
    const side = this.#sides[kind]
    side.doors.get(listenerName)?.timer?.cancel()
    side.doors.delete(listenerName)
    side.limits.close(listenerName)
  }

  /** Lets nobody in any more. */
  stop(): void {
    for (const { doors } of Object.values(this.#sides)) {
      for (const door of doors.values()) {
        door.timer?.cancel()
        door.line.clear()
      }
    }
  }

  /**
   * Other limits from now on: who fits lets himself be let in, and of those who are too many for
   * the node the least active are closed. Those who are too many for their listener, or of their
   * address, may stay.
   */
  limit(limits: ConnectionLimitOptions): void {
    for (const side of Object.values(this.#sides)) {
      side.limits.limit(limits)
      this.#closeLeastActive(side)
      this.#admitWaiting(side)
    }
  }

  /** What becomes of a new connection. To be told of its end (`left`), whatever it is. */
  arrived(connection: Connection): 'admitted' | 'waits' | 'refused' {
    const { mostConnections } = this.#options
    const { listenerKind, listenerName } = connection.peer
    const side = this.#sides[listenerKind]
    const door = side.doors.get(listenerName)
    this.#count++
    // It was accepted when the listener was closed already.
    if (door === undefined) return 'refused'
    if (this.#count > mostConnections) {
      this.#refuse('warn', 'descriptors', connection, `${mostConnections} are open, and the other `
        + 'half of the file descriptors that the process may have (ulimit -n) is for files')
      return 'refused'
    }
    if (door.line.size >= MOST_IN_LINE) {
      this.#refuse('warn', 'line', connection, `${side.admitted.size} are open, and `
        + `${MOST_IN_LINE} wait for one of them to end, or for their time (max.connections, `
        + 'max.connection.creation.rate)')
      return 'refused'
    }
    if (door.line.size === 0 && this.#mayEnter(side, door)) return this.#admit(side, connection)
    door.line.add(connection)
    return 'waits'
  }

  left(connection: Connection): void {
    const { listenerKind, listenerName, clientAddress } = connection.peer
    const side = this.#sides[listenerKind]
    this.#count--
    side.doors.get(listenerName)?.line.delete(connection)
    side.delayed.get(connection)?.cancel()
    side.delayed.delete(connection)
    if (!side.admitted.delete(connection)) return
    side.leaving.delete(connection)
    side.limits.leave(listenerName, clientAddress)
    this.#admitWaiting(side)
  }

  #admitWaiting(side: Side): void {
    for (const door of side.doors.values()) this.#admitNext(side, door)
  }

  #admitNext(side: Side, door: Door): void {
    for (const next of door.line) {
      if (!this.#mayEnter(side, door)) return
      door.line.delete(next)
      const outcome = this.#admit(side, next)
      if (outcome === 'admitted') this.#options.onAdmitted(next)
      else if (outcome === 'refused') next.destroy()
    }
  }

  /** Whether the next one may; it is counted once, however often this is asked. */
  #mayEnter(side: Side, door: Door): boolean {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    door.openAtMs ??= nowMs + side.limits.waitMs(door.listenerName, nowMs)
    if (door.openAtMs > nowMs) {
      door.timer ??= clock.setTimer(door.openAtMs - nowMs, () => {
        door.timer = undefined
        this.#admitNext(side, door)
      })
      return false
    }
    if (side.limits.isFull(door.listenerName)) return false
    door.openAtMs = undefined
    return true
  }

  #admit(side: Side, connection: Connection): 'admitted' | 'waits' | 'refused' {
    const { clientAddress, listenerName } = connection.peer
    const { clock } = this.#options
    const refusal = side.limits.enter(listenerName, clientAddress, clock.monotonicMs())
    if (refusal === undefined) {
      side.admitted.add(connection)
      this.#closeLeastActive(side)
      return 'admitted'
    }
    if ('delayMs' in refusal) {
      side.delayed.set(connection, clock.setTimer(refusal.delayMs, () => connection.destroy()))
      return 'waits'
    }
    this.#refuse('info', 'address', connection,
      `its address has ${refusal.most}, as many as it may`)
    return 'refused'
  }

  /** As many as there are too many, because one did not have to wait, or there may be fewer now. */
  #closeLeastActive(side: Side): void {
    const count = side.limits.excess - side.leaving.size
    if (count <= 0) return
    const least = [...side.admitted]
      .filter((connection) => !side.leaving.has(connection)
        && !side.limits.isProtected(connection.peer.listenerName))
      .sort((one, other) => one.lastActiveMs - other.lastActiveMs)
    for (const connection of least.slice(0, count)) {
      side.leaving.add(connection)
      connection.destroy()
    }
  }

  #refuse(level: 'info' | 'warn', kind: string, connection: Connection, reason: string): void {
    const { clientAddress, listenerName } = connection.peer
    this.#options.lines.log(level, kind, `A connection is refused: ${reason}`, {
      address: clientAddress, listener: listenerName,
    })
  }
}
