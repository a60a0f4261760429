// A library in WebAssembly with two pieces of its memory that stay: one for what goes into it, one
// for what comes out. New memory for each batch would cost as much as to uncompress it.

/** What Emscripten gives every library. */
export interface WasmLibrary {
  /** All of its memory; another array after the memory has grown. */
  readonly HEAPU8: Uint8Array
  /** Gives an address, or 0. */
  _malloc(sizeBytes: number): number
  _free(address: number): void
}

export interface Opened<L> {
  readonly library: L
  /** The address of what goes in. */
  readonly source: number
  /** The address of what comes out. */
  readonly target: number
}

interface Kept<L> extends Opened<L> {
  readonly sourceBytes: number
  readonly targetBytes: number
}

/** Memory never shrinks: a library that has more than this begins anew. */
const MOST_KEPT_BYTES = 24 * 1024 * 1024
const STEP_BYTES = 256 * 1024

/** For one call at a time. */
export class Workspace<L extends WasmLibrary> {
  readonly #load: () => L
  #kept: Kept<L> | undefined

  constructor(load: () => L) {
    this.#load = load
  }

  /** The library, with room for so many bytes going in and coming out. */
  open(sourceBytes: number, targetBytes: number): Opened<L> {
    const kept = this.#kept
    const isEnough = kept !== undefined
      && kept.sourceBytes >= sourceBytes && kept.targetBytes >= targetBytes
    return isEnough ? kept : this.#enlarge(sourceBytes, targetBytes)
  }

  #enlarge(leastSourceBytes: number, leastTargetBytes: number): Opened<L> {
    const library = this.#kept?.library ?? this.#load()
    if (this.#kept !== undefined) {
      library._free(this.#kept.source)
      library._free(this.#kept.target)
      this.#kept = undefined
    }
    const sourceBytes = steps(leastSourceBytes)
    const targetBytes = steps(leastTargetBytes)
    const source = library._malloc(sourceBytes)
    const target = library._malloc(targetBytes)
    if (source === 0 || target === 0) throw new Error('not enough memory')
    this.#kept = { library, source, target, sourceBytes, targetBytes }
    return this.#kept
  }

  /** The first bytes of what the library has put out: a view that holds until the next `open`. */
  result(sizeBytes: number): Buffer {
    const { library: { HEAPU8 }, target } = this.#kept!
    if (HEAPU8.length > MOST_KEPT_BYTES) this.discard() // the view keeps what it lies in
    return Buffer.from(HEAPU8.buffer, HEAPU8.byteOffset + target, sizeBytes)
  }

  /** The next `open` begins with another library. */
  discard(): void {
    this.#kept = undefined
  }
}

function steps(leastBytes: number): number {
  return (Math.floor(leastBytes / STEP_BYTES) + 1) * STEP_BYTES
}
