// From a file straight into a socket, by the system's `sendfile`: the bytes are not copied into
// this process and out of it again (measured: half of the processor time of a consumer's megabyte).
//
// Node has no such calls, so they are made through koffi, on Linux of 64 bits alone: elsewhere they
// have other arguments. Without koffi, or where it has no build for the machine, nothing is sent
// so.

import type { FilePlace } from '../../protocol/late-bytes.ts'

/** What is used of koffi. */
interface Koffi {
  load(library: null): Library
  errno(): number
  readonly os: { readonly errno: Readonly<Record<string, number>> }
}

interface Library {
  func(prototype: string): (...args: (number | Uint8Array | BigInt64Array)[]) => number | bigint
}

/** By the manual of Linux; below 0 for an error. */
interface Calls {
  sendfile(to: number, from: number, position: BigInt64Array, sizeBytes: number): number
  send(to: number, bytes: Uint8Array, sizeBytes: number, flags: number): number
  /** The last call would have had to wait, or was interrupted. */
  isLater(): boolean
}

/** Machines whose sizes and positions in files have 64 bits. */
const WIDE = ['x64', 'arm64', 'riscv64', 'loong64', 'ppc64', 's390x']

const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
/** More is to come: for so long no packet is sent for the sake of these bytes. */
const MSG_MORE = 0x8000

export class FileSender {
  /** Loaded when first needed: it takes some ten milliseconds, and four megabytes. */
  #calls: Calls | undefined
  #isThere = process.platform === 'linux' && WIDE.includes(process.arch)
  readonly #position = new BigInt64Array(1)

  get isThere(): boolean {
    return this.#isThere
  }

  /** How many bytes went before `send`, which has to follow at once. */
  sendHead(to: number, bytes: Uint8Array): number {
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE
    // What an error means the next one to write will be told.
    return Math.max(0, this.#load()?.send(to, bytes, bytes.length, flags) ?? 0)
  }

  /** How many bytes went; undefined where nothing can be sent from that file. */
  send(to: number, { descriptor, position }: FilePlace, sizeBytes: number): number | undefined {
    const calls = this.#load()
    if (calls === undefined) return undefined
    this.#position[0] = BigInt(position)
    const sentBytes = calls.sendfile(to, descriptor, this.#position, sizeBytes)
    if (sentBytes > 0) return sentBytes
    // None without an error: the file ends there. Whoever reads it will say what that means.
    return sentBytes < 0 && calls.isLater() ? 0 : undefined
  }

  #load(): Calls | undefined {
    if (!this.#isThere || this.#calls !== undefined) return this.#calls
    try {
      this.#calls = loadCalls(require('koffi') as Koffi)
    } catch {
      this.#isThere = false
    }
    return this.#calls
  }
}

function loadCalls(koffi: Koffi): Calls {
  const system = koffi.load(null)
  const sendfile = system.func(
    'int64_t sendfile(int to, int from, _Inout_ int64_t *position, size_t sizeBytes)')
  const send = system.func(
    'int64_t send(int to, const uint8_t *bytes, size_t sizeBytes, int flags)')
  const { EAGAIN, EINTR } = koffi.os.errno
  return {
    sendfile: (...args) => Number(sendfile(...args)),
    send: (...args) => Number(send(...args)),
    isLater: () => [EAGAIN, EINTR].includes(koffi.errno()),
  }
}
