// The disk: the real one and the one in memory behave alike, also in what they forget.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import {
  mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  readCleanShutdown, readEpochs, readOffsets, readPartitionMetadata, writeCleanShutdown,
  writeEpochs, writeFileAtomically, writeOffsets, writePartitionMetadata,
} from '../../storage/checkpoints.ts'
import type { Disk } from '../../storage/disk.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { readMetaProperties, writeMetaProperties } from '../../storage/meta-properties.ts'
import { nodeDisk } from '../../storage/node-disk.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'disk-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const kinds: [string, () => Disk][] = [
  ['the real disk', nodeDisk],
  ['the disk in memory', () => {
    const disk = new MemoryDisk()
    disk.makeDirectory(root)
    return disk
  }],
]

test('the real disk says so where a directory cannot be', () => {
  const disk = nodeDisk()
  writeFileSync(join(root, 'file'), '')
  for (const path of [join(root, 'file'), join(root, 'file', 'below'), '/proc/none/of/this']) {
    expect(() => disk.makeDirectory(path)).toThrow()
  }
  disk.makeDirectory(join(root, 'a', 'b', 'c'))
  disk.makeDirectory(join(root, 'a', 'b', 'c'))
  expect(disk.list(join(root, 'a', 'b'))).toEqual([{ name: 'c', isDirectory: true }])
})

/** From its state on, as proc(5) has it. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** A process that has ended, of which its parent does not want to hear. */
async function zombieOf(parent: ChildProcess): Promise<number> {
  const children = `/proc/${parent.pid}/task/${parent.pid}/children`
  for (;;) {
    const pid = Number(readFileSync(children, 'latin1').trim())
    if (pid > 0 && statOf(pid)[0] === 'Z') return pid
    await new Promise((later) => setTimeout(later, 5))
  }
}

// What is known of other processes comes from /proc.
const testOnLinux = process.platform === 'linux' ? test : test.skip

test('the real disk keeps nothing open of what it removed, and follows no link', async () => {
  const disk = nodeDisk()
  const path = join(root, 'large')
  const file = disk.open(path, 'create')
  file.truncate(8 * 1024 * 1024)
  file.close()
  disk.makeDirectory(join(root, 'kept'))
  writeFileSync(join(root, 'kept/file'), 'kept')
  disk.makeDirectory(join(root, 'tree'))
  symlinkSync(join(root, 'kept'), join(root, 'tree/link'))
  disk.removeTree(join(root, 'tree'))
  expect(disk.exists(join(root, 'kept/file'))).toBe(true)
  disk.remove(path)
  expect(disk.exists(path)).toBe(false)
  const open = () => readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(path)
    } catch {
      return false
    }
  })
  if (process.platform !== 'linux') return
  while (open().length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

describe('a lock of the real disk', () => {
  let child: ChildProcess | undefined
  afterEach(() => { child?.kill('SIGKILL') })

  function lockHeldBy(pid: number | undefined, start: string | undefined) {
    writeFileSync(join(root, '.lock'), `${pid} ${start}\n`)
    return nodeDisk().lock(join(root, '.lock'))
  }

  testOnLinux('is held by a process that lives, not by a later one of its number', () => {
    child = spawn('sleep', ['5'])
    const start = statOf(child.pid!)[19]
    expect(lockHeldBy(child.pid, start)).toBeUndefined()
    expect(lockHeldBy(child.pid, `${Number(start) - 1}`)).toBeDefined()
  })

  testOnLinux('is free when its process was killed, whether or not its parent knows', async () => {
    child = spawn('sh', ['-c', 'sleep 0 & exec sleep 5'])
    const pid = await zombieOf(child)
    expect(lockHeldBy(pid, statOf(pid)[19])).toBeDefined()
  })
})

describe.each(kinds)('%s', (_name, make) => {
  test('writes, reads, truncates and grows a file', async () => {
    const disk = make()
    const file = disk.open(join(root, 'a'), 'create')
    const parts = Array.from({ length: 3000 }, (_, i) => Buffer.from([i & 0xff]))
    file.writeAll(parts, 0)
    file.write(Buffer.from('end'), 3000)
    expect(file.sizeBytes()).toBe(3003)
    const target = Buffer.alloc(10)
    expect(file.read(target, 2, 8, 2998)).toBe(5)
    expect(target).toEqual(Buffer.from([0, 0, 182, 183, 101, 110, 100, 0, 0, 0]))
    expect(file.read(target, 0, 1, 9999)).toBe(0)
    file.truncate(1)
    file.truncate(3)
    await file.syncAsync()
    file.close()
    expect(disk.readFile(join(root, 'a'))).toEqual(Buffer.from([0, 0, 0]))
    expect(disk.sizeBytes(join(root, 'a'))).toBe(3)
  })

  test('knows what is there and what is not', () => {
    const disk = make()
    disk.makeDirectory(join(root, 'x/y'))
    disk.makeDirectory(join(root, 'x/y'))
    disk.open(join(root, 'x/b'), 'create').close()
    disk.open(join(root, 'x/a'), 'create').close()
    expect(disk.list(join(root, 'x'))).toEqual([
      { name: 'a', isDirectory: false }, { name: 'b', isDirectory: false },
      { name: 'y', isDirectory: true },
    ])
    expect(disk.exists(join(root, 'x/y'))).toBe(true)
    expect(disk.readFile(join(root, 'none'))).toBeUndefined()
    expect(disk.sizeBytes(join(root, 'none'))).toBeUndefined()
    expect(() => disk.open(join(root, 'none'), 'write'))
      .toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => disk.list(join(root, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    disk.rename(join(root, 'x'), join(root, 'z'))
    expect(disk.exists(join(root, 'z/a'))).toBe(true)
    disk.remove(join(root, 'z/a'))
    disk.remove(join(root, 'z/a'))
    disk.removeTree(join(root, 'z'))
    expect(disk.exists(join(root, 'z'))).toBe(false)
  })

  test('removes what is large, open somewhere or deep in a tree', () => {
    const disk = make()
    const path = join(root, 'tree/a/large')
    disk.makeDirectory(join(root, 'tree/a'))
    const file = disk.open(path, 'create')
    file.truncate(8 * 1024 * 1024)
    file.write(Buffer.from('end'), 8 * 1024 * 1024 - 3)
    disk.open(join(root, 'tree/small'), 'create').close()
    disk.removeTree(join(root, 'tree'))
    expect(disk.exists(join(root, 'tree'))).toBe(false)
    const target = Buffer.alloc(3)
    expect(file.read(target, 0, 3, 8 * 1024 * 1024 - 3)).toBe(3)
    expect(target.toString()).toBe('end')
    file.close()
    disk.removeTree(join(root, 'tree'))
  })

  test('has a lock for one', () => {
    const disk = make()
    const lock = disk.lock(join(root, '.lock'))
    expect(lock).toBeDefined()
    expect(disk.lock(join(root, '.lock'))).toBeUndefined()
    lock!.release()
    expect(disk.exists(join(root, '.lock'))).toBe(true)
    expect(disk.lock(join(root, '.lock'))).toBeDefined()
  })

  test("keeps checkpoints in Kafka's forms", () => {
    const disk = make()
    const path = join(root, 'file')
    const text = (): string => disk.readFile(path)!.toString()
    expect(readOffsets(disk, path)).toEqual(new Map())
    writeOffsets(disk, path, new Map([['a-b-0', 5], ['c-12', 7]]))
    expect(text()).toBe('0\n2\na-b 0 5\nc 12 7\n')
    expect(readOffsets(disk, path)).toEqual(new Map([['a-b-0', 5], ['c-12', 7]]))
    writeEpochs(disk, path, [{ epoch: 1, startOffset: 0 }])
    expect(text()).toBe('0\n1\n1 0\n')
    expect(readEpochs(disk, path)).toEqual([{ epoch: 1, startOffset: 0 }])
    writePartitionMetadata(disk, path, 'AAAAAAAAAAAAAAAAAAAAAQ')
    expect(text()).toBe('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ')
    expect(readPartitionMetadata(disk, path)).toEqual({ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' })
    writeCleanShutdown(disk, path, 11)
    expect(text()).toBe('{"version":0,"brokerEpoch":11}')
    expect(readCleanShutdown(disk, path)).toBe(11)
    expect(disk.list(root).map(({ name }) => name)).toEqual(['file'])
  })

  test.each(['1\n0\n', '0\n2\na 0 5\n', '0\n1\na 0\n', '0\n1\na x 5\n', 'x'])(
    'tells a broken checkpoint: %j', (content) => {
      const disk = make()
      writeFileAtomically(disk, join(root, 'file'), Buffer.from(content))
      expect(() => readOffsets(disk, join(root, 'file')))
        .toThrow(expect.objectContaining({ name: 'CorruptCheckpointError' }))
    })

  test('keeps meta.properties', () => {
    const disk = make()
    expect(readMetaProperties(disk, root)).toBeUndefined()
    const meta = { clusterId: 'MkU3OEVBNTcwNTJENDM2Qg', nodeId: 3, directoryId: 'x' }
    writeMetaProperties(disk, root, meta)
    expect(readMetaProperties(disk, root)).toEqual(meta)
    const foreign = '#\nnode.id=3\nversion=2\ncluster.id=a\n'
    writeFileAtomically(disk, join(root, 'meta.properties'), Buffer.from(foreign))
    expect(() => readMetaProperties(disk, root)).toThrow('version 2')
  })
})

describe('a crash of the disk in memory', () => {
  test('takes what was not synced, bytes and names', () => {
    const disk = new MemoryDisk()
    disk.makeDirectory('/d')
    const file = disk.open('/d/a', 'create')
    file.write(Buffer.from('kept'), 0)
    file.sync()
    disk.syncDirectory('/d')
    file.write(Buffer.from('lost'), 4)
    const other = disk.open('/d/b', 'create')
    other.write(Buffer.from('synced, but without a name'), 0)
    other.sync()
    disk.crash()
    expect(disk.readFile('/d/a')!.toString()).toBe('kept')
    expect(disk.exists('/d/b')).toBe(false)
  })

  test('in the middle of a replacement leaves the old file or the new one', () => {
    const disk = new MemoryDisk()
    disk.makeDirectory('/d')
    writeFileAtomically(disk, '/d/a', Buffer.from('old'))
    disk.crash()
    expect(disk.readFile('/d/a')!.toString()).toBe('old')
    writeFileAtomically(disk, '/d/a', Buffer.from('new'))
    disk.crash()
    expect(disk.readFile('/d/a')!.toString()).toBe('new')
  })

  test('takes directories whose names were not synced, with all that is in them', () => {
    const disk = new MemoryDisk()
    for (const name of ['old', 'new']) {
      disk.makeDirectory(`/d/${name}`)
      disk.open(`/d/${name}/a`, 'create').sync()
      disk.syncDirectory(`/d/${name}`)
      if (name === 'old') disk.syncDirectory('/d')
    }
    disk.rename('/d/old', '/d/renamed')
    const journal = disk.clone()
    disk.crash()
    expect(disk.list('/d')).toEqual([{ name: 'old', isDirectory: true }])
    expect(disk.exists('/d/old/a')).toBe(true)
    journal.crash(() => 0.999)
    expect(journal.list('/d').map(({ name }) => name)).toEqual(['new', 'renamed'])
  })

  test('keeps any of the changes of names, where there is no journal', () => {
    const disk = new MemoryDisk()
    for (const name of ['a', 'b', 'c']) disk.open(`/${name}`, 'create')
    const luck = [0.9, 0.1, 0.9]
    disk.crash(() => luck.shift() ?? 0, { names: 'any' })
    expect(disk.list('/').map(({ name }) => name)).toEqual(['b'])
  })

  test('takes for ever what an fsync that failed should have written', () => {
    const disk = new MemoryDisk()
    const file = disk.open('/a', 'create')
    disk.syncDirectory('/')
    file.write(Buffer.from('lost '), 0)
    disk.forgetDirty('/a')
    file.write(Buffer.from('kept'), 5)
    file.sync()
    expect(disk.readFile('/a')!.toString()).toBe('lost kept')
    disk.crash()
    expect(disk.readFile('/a')!.toString()).toBe('\0\0\0\0\0kept')
  })

  test('of a clone leaves the other as it is', () => {
    const disk = new MemoryDisk()
    const file = disk.open('/a', 'create')
    file.write(Buffer.from('one'), 0)
    const clone = disk.clone()
    clone.open('/a', 'write').write(Buffer.from('two'), 0)
    file.write(Buffer.from('!'), 3)
    clone.crash()
    expect([clone.exists('/a'), disk.readFile('/a')!.toString()]).toEqual([false, 'one!'])
  })
})
