// A disk in memory, for tests and simulations: it forgets on a loss of power what was not synced,
// bytes of files and names in directories alike.

import type {
  DirectoryEntry, Disk, DiskFile, DiskLock, DiskSpace, OpenMode,
} from './disk.ts'
import { namesOf, systemError } from './disk-in-memory.ts'
import { FileNode } from './memory-file.ts'

const SIZE_BYTES = 2 ** 40

type Node = FileNode | DirectoryNode
type Names = Map<string, Node>

class DirectoryNode {
  names: Names = new Map()
  /** What a loss of power leaves. */
  synced: Names = new Map()
}

interface NameChange {
  readonly directory: DirectoryNode
  readonly name: string
  /** Undefined: the name goes. */
  readonly node: Node | undefined
}

export interface CrashOptions {
  /**
   * Which of the changes of names that were not synced may be there: those up to some moment, as a
   * file system with a journal keeps them, or any of them.
   */
  readonly names?: 'journal' | 'any'
}

function usedBy(node: Node): number {
  if (!(node instanceof DirectoryNode)) return node.sizeBytes
  return [...node.names.values()].reduce((sum, child) => sum + usedBy(child), 0)
}

export class MemoryDisk implements Disk {
  #absolute = new DirectoryNode()
  #relative = new DirectoryNode()
  /** What happened to names and is not synced, in order; what stands together happens at once. */
  #changes: (readonly NameChange[])[] = []
  readonly #locks = new Set<string>()
  /** When less is given, it fills up; files take what they hold, and names nothing. */
  capacityBytes = SIZE_BYTES
  /** Makes everything fail that changes or syncs something, when set. */
  failure: Error | undefined

  #nodeAt(path: string): Node | undefined {
    let node: Node | undefined = path.startsWith('/') ? this.#absolute : this.#relative
    for (const name of namesOf(path)) {
      if (!(node instanceof DirectoryNode)) return undefined
      node = node.names.get(name)
    }
    return node
  }

  #fileAt(path: string): FileNode | undefined {
    const node = this.#nodeAt(path)
    return node instanceof FileNode ? node : undefined
  }

  #directoryAt(path: string): DirectoryNode {
    const node = this.#nodeAt(path)
    if (!(node instanceof DirectoryNode)) throw systemError('ENOENT', path)
    return node
  }

  #parentOf(path: string): DirectoryNode {
    const slash = path.lastIndexOf('/')
    return this.#directoryAt(slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash))
  }

  #changeOf(path: string, node: Node | undefined): NameChange {
    return { directory: this.#parentOf(path), name: nameOf(path), node }
  }

  #change(path: string, ...changes: readonly NameChange[]): void {
    this.checkFailure(path)
    for (const change of changes) apply(change, change.directory.names)
    this.#changes.push(changes)
  }

  /** Before anything of the path is changed or synced. */
  checkFailure(path: string): void {
    const { failure } = this
    if (failure === undefined) return
    throw 'code' in failure ? Object.assign(failure, { path }) : failure
  }

  open(path: string, mode: OpenMode): DiskFile {
    let node = this.#fileAt(path)
    if (!node) {
      if (mode !== 'create') throw systemError('ENOENT', path)
      node = new FileNode()
      this.#change(path, this.#changeOf(path, node))
    }
    return new MemoryFile(path, node, this)
  }

  exists(path: string): boolean {
    return this.#nodeAt(path) !== undefined
  }

  list(directory: string): DirectoryEntry[] {
    return [...this.#directoryAt(directory).names]
      .map(([name, node]) => ({ name, isDirectory: node instanceof DirectoryNode }))
      .sort((a, b) => a.name < b.name ? -1 : 1)
  }

  makeDirectory(path: string): void {
    if (this.exists(path)) return
    const names = namesOf(path)
    for (let depth = 1; depth <= names.length; depth++) {
      const at = (path.startsWith('/') ? '/' : '') + names.slice(0, depth).join('/')
      if (this.exists(at)) continue
      const change = this.#changeOf(at, new DirectoryNode())
      this.#change(path, change)
      // What lies in the root is taken for a place where a device is mounted: it stays.
      if (depth === 1) apply(change, change.directory.synced)
    }
  }

  rename(from: string, to: string): void {
    const node = this.#nodeAt(from)
    if (node === undefined) throw systemError('ENOENT', from)
    this.#change(from, this.#changeOf(from, undefined), this.#changeOf(to, node))
  }

  remove(path: string): void {
    if (this.#fileAt(path)) this.#change(path, this.#changeOf(path, undefined))
  }

  removeTree(path: string): void {
    const node = this.#nodeAt(path)
    if (node === undefined) return
    if (node instanceof DirectoryNode) {
      for (const name of [...node.names.keys()]) this.removeTree(`${path}/${name}`)
    }
    this.#change(path, this.#changeOf(path, undefined))
  }

  readFile(path: string): Buffer | undefined {
    const node = this.#fileAt(path)
    return node && Buffer.from(node.content())
  }

  syncDirectory(path: string): void {
    this.checkFailure(path)
    const node = this.#directoryAt(path)
    node.synced = new Map(node.names)
    this.#changes = this.#changes
      .map((changes) => changes.filter(({ directory }) => directory !== node))
      .filter((changes) => changes.length > 0)
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    await Promise.resolve()
    this.syncDirectory(path)
  }

  sizeBytes(path: string): number | undefined {
    return this.#fileAt(path)?.sizeBytes
  }

  space(directory: string): DiskSpace {
    const { capacityBytes } = this
    const usedBytes = usedBy(this.#directoryAt(directory))
    return { totalBytes: capacityBytes, usableBytes: Math.max(capacityBytes - usedBytes, 0) }
  }

  /** How many bytes more there is room for. */
  get leftBytes(): number {
    if (this.capacityBytes === SIZE_BYTES) return Infinity
    return Math.max(0, this.capacityBytes - usedBy(this.#absolute) - usedBy(this.#relative))
  }

  lock(path: string): DiskLock | undefined {
    if (this.#locks.has(path)) return undefined
    if (!this.#fileAt(path)) this.#change(path, this.#changeOf(path, new FileNode()))
    this.#locks.add(path)
    return { release: () => this.#locks.delete(path) }
  }

  /**
   * Power is lost: unsynced bytes and names are gone, locks too. Files that are open are of no use
   * any more. With `random`, some of what was not synced stays: names as `options` say, bytes by
   * the sector.
   */
  crash(random?: () => number, { names = 'journal' }: CrashOptions = {}): void {
    if (random !== undefined) {
      const luckyChanges = names === 'any'
        ? this.#changes.filter(() => random() < 0.5)
        : this.#changes.slice(0, Math.floor(random() * (this.#changes.length + 1)))
      for (const change of luckyChanges.flat()) apply(change, change.directory.synced)
    }
    const copies = new Map<Node, Node>()
    const left = (node: Node): Node => {
      if (node instanceof FileNode) return node.afterCrash(random)
      const directory = new DirectoryNode()
      directory.names = copyNames(node.synced, copies, left)
      directory.synced = new Map(directory.names)
      return directory
    }
    this.#absolute = left(this.#absolute) as DirectoryNode
    this.#relative = left(this.#relative) as DirectoryNode
    this.#changes = []
    this.#locks.clear()
  }

  /**
   * Another disk, equal to this one, synced or not; nobody has a lock of it. Cheap: files are
   * copied when they change.
   */
  clone(): MemoryDisk {
    const copies = new Map<Node, Node>()
    const copy = (node: Node): Node => {
      if (node instanceof FileNode) return node.clone()
      const directory = new DirectoryNode()
      directory.names = copyNames(node.names, copies, copy)
      directory.synced = copyNames(node.synced, copies, copy)
      return directory
    }
    const disk = new MemoryDisk()
    disk.#absolute = copied(this.#absolute, copies, copy) as DirectoryNode
    disk.#relative = copied(this.#relative, copies, copy) as DirectoryNode
    disk.#changes = this.#changes.map((changes) => changes.map(({ directory, name, node }) => ({
      directory: copied(directory, copies, copy) as DirectoryNode,
      name,
      node: node && copied(node, copies, copy),
    })))
    return disk
  }

  /** An fsync has failed: the system takes for written what it could not write. */
  forgetDirty(path: string): void {
    this.#fileAt(path)?.forgetDirty()
  }
}

/** A node has one copy, whatever names it has. */
function copied(node: Node, copies: Map<Node, Node>, copy: (node: Node) => Node): Node {
  let its = copies.get(node)
  if (its === undefined) copies.set(node, its = copy(node))
  return its
}

function copyNames(names: Names, copies: Map<Node, Node>, copy: (node: Node) => Node): Names {
  return new Map([...names].map(([name, node]) => [name, copied(node, copies, copy)]))
}

function apply({ name, node }: NameChange, names: Names): void {
  if (node === undefined) names.delete(name)
  else names.set(name, node)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

class MemoryFile implements DiskFile {
  readonly path: string
  readonly #node: FileNode
  readonly #disk: MemoryDisk

  constructor(path: string, node: FileNode, disk: MemoryDisk) {
    this.path = path
    this.#node = node
    this.#disk = disk
  }

  sizeBytes(): number {
    return this.#node.sizeBytes
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    return this.#node.read(target, targetOffset, lengthBytes, position)
  }

  write(bytes: Uint8Array, position: number): void {
    this.#disk.checkFailure(this.path)
    const overBytes = Math.min(
      bytes.length, position + bytes.length - this.#node.sizeBytes - this.#disk.leftBytes)
    if (overBytes <= 0) return this.#node.write(bytes, position)
    this.#node.write(bytes.subarray(0, bytes.length - overBytes), position)
    throw systemError('ENOSPC', this.path)
  }

  writeAll(buffers: readonly Uint8Array[], position: number): void {
    let at = position
    for (const buffer of buffers) {
      this.write(buffer, at)
      at += buffer.length
    }
  }

  truncate(sizeBytes: number): void {
    this.#disk.checkFailure(this.path)
    this.#node.truncate(sizeBytes)
  }

  sync(): void {
    this.#disk.checkFailure(this.path)
    this.#node.sync()
  }

  async syncAsync(): Promise<void> {
    await Promise.resolve()
    this.sync()
  }

  close(): void {}

  hold(): () => void {
    return () => {}
  }
}
