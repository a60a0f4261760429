// A file of the disk in memory: its bytes as the system has them, and as the device does.

/** So much a device writes as a whole. */
const SECTOR_BYTES = 512
const LEAST_BYTES = 4096

/** Bytes that grow, and that several may have until one of them changes them. */
class Content {
  sizeBytes = 0
  #bytes = Buffer.alloc(0)
  #isShared = false

  /** Behind the size there are zeros. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.sizeBytes)
  }

  read(target: Uint8Array, targetOffset: number, from: number, to: number): number {
    return this.#bytes.copy(target, targetOffset, from, to)
  }

  share(): Content {
    const other = new Content()
    other.sizeBytes = this.sizeBytes
    other.#bytes = this.#bytes
    other.#isShared = true
    this.#isShared = true
    return other
  }

  #own(sizeBytes: number): void {
    if (!this.#isShared && sizeBytes <= this.#bytes.length) return
    const capacityBytes = sizeBytes <= this.#bytes.length
      ? this.#bytes.length : Math.max(sizeBytes, this.#bytes.length * 2, LEAST_BYTES)
    const own = Buffer.alloc(capacityBytes)
    this.#bytes.copy(own, 0, 0, this.sizeBytes)
    this.#bytes = own
    this.#isShared = false
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    this.#own(end)
    this.#bytes.set(bytes, position)
    this.sizeBytes = Math.max(this.sizeBytes, end)
  }

  resize(sizeBytes: number): void {
    this.#own(sizeBytes)
    if (sizeBytes < this.sizeBytes) this.#bytes.fill(0, sizeBytes, this.sizeBytes)
    this.sizeBytes = sizeBytes
  }
}

export class FileNode {
  #now = new Content()
  /** What a loss of power leaves. */
  #synced = new Content()
  /** What the next sync brings to the device lies between. */
  #dirtyFrom = Infinity
  #dirtyTo = 0

  get sizeBytes(): number {
    return this.#now.sizeBytes
  }

  content(): Buffer {
    return this.#now.view()
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    const end = Math.min(position + lengthBytes, this.sizeBytes)
    return end <= position ? 0 : this.#now.read(target, targetOffset, position, end)
  }

  write(bytes: Uint8Array, position: number): void {
    this.#dirty(Math.min(position, this.sizeBytes), position + bytes.length)
    this.#now.write(bytes, position)
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes > this.sizeBytes) this.#dirty(this.sizeBytes, sizeBytes)
    this.#now.resize(sizeBytes)
  }

  #dirty(from: number, to: number): void {
    this.#dirtyFrom = Math.min(this.#dirtyFrom, from)
    this.#dirtyTo = Math.max(this.#dirtyTo, to)
  }

  sync(): void {
    const from = this.#dirtyFrom
    const to = Math.min(this.#dirtyTo, this.sizeBytes)
    this.#synced.resize(this.sizeBytes)
    if (from < to) this.#synced.write(this.content().subarray(from, to), from)
    this.forgetDirty()
  }

  /** What was not synced until now no later sync will bring to the device. */
  forgetDirty(): void {
    this.#dirtyFrom = Infinity
    this.#dirtyTo = 0
  }

  clone(): FileNode {
    const file = new FileNode()
    file.#now = this.#now.share()
    file.#synced = this.#synced.share()
    file.#dirtyFrom = this.#dirtyFrom
    file.#dirtyTo = this.#dirtyTo
    return file
  }

  /** As a loss of power leaves it; without `random` with nothing that was not synced. */
  afterCrash(random?: () => number): FileNode {
    const file = new FileNode()
    file.write(random === undefined ? this.#synced.view() : this.#survivors(random), 0)
    file.sync()
    return file
  }

  /** Of what is not synced some sectors, and any size in between. */
  #survivors(random: () => number): Buffer {
    const now = this.content()
    const synced = this.#synced.view()
    const luck = random()
    if (luck < 0.3) return synced
    if (luck < 0.5) return now
    const least = Math.min(synced.length, now.length)
    const most = Math.max(synced.length, now.length)
    const left = Buffer.alloc(least + Math.floor(random() * (most - least + 1)))
    for (let at = 0; at < left.length; at += SECTOR_BYTES) {
      const sector = (random() < 0.5 ? synced : now).subarray(at, at + SECTOR_BYTES)
      sector.copy(left, at)
    }
    return left
  }
}
