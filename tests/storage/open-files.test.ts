// The real disk with few descriptors: files are closed and opened again behind the back of whoever
// uses them.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Disk, DiskFile } from '../../storage/disk.ts'
import { nodeDisk } from '../../storage/node-disk.ts'

const MAX = 8
const FILES = 60

let root: string
let disk: Disk
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'open-files-'))
  disk = nodeDisk({ maxOpenFiles: MAX })
})
afterEach(() => rmSync(root, { recursive: true }))

/** How many descriptors of this process lie below the root. */
function openCount(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(root)
    } catch {
      return false
    }
  }).length
}

// What is open is known from /proc.
const testOnLinux = process.platform === 'linux' ? test : test.skip

function written(index: number, isSynced = true): DiskFile {
  const file = disk.open(join(root, String(index)), 'create')
  file.write(Buffer.from(`content ${index}`), 0)
  if (isSynced) file.sync()
  return file
}

function contentOf(file: DiskFile): string {
  const target = Buffer.alloc(100)
  return target.subarray(0, file.read(target, 0, 100, 0)).toString()
}

describe('of many files', () => {
  testOnLinux('few are open, and all can be used', () => {
    const files = Array.from({ length: FILES }, (_, i) => written(i))
    expect(openCount()).toBeLessThanOrEqual(MAX + 1)
    for (let i = 0; i < 1000; i++) {
      const index = i * 7919 % FILES
      expect(contentOf(files[index]!)).toBe(`content ${index}`)
      expect(openCount()).toBeLessThanOrEqual(2 * MAX)
    }
    for (const file of files) file.close()
    expect(openCount()).toBe(0)
  })

  testOnLinux('those that are used again and again stay open', () => {
    const files = Array.from({ length: FILES }, (_, i) => written(i))
    const path = join(root, '0')
    for (const file of files.slice(1)) {
      contentOf(files[0]!)
      contentOf(file)
    }
    const isOpen = readdirSync('/proc/self/fd').some((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`) === path
      } catch {
        return false
      }
    })
    expect(isOpen).toBe(true)
    for (const file of files) file.close()
  })

  testOnLinux('those with something unsynced stay open until it is', async () => {
    const files = Array.from({ length: FILES }, (_, i) => written(i, false))
    expect(openCount()).toBe(FILES)
    await Promise.all(files.map((file) => file.syncAsync()))
    for (const file of files) contentOf(file)
    disk.open(join(root, 'another'), 'create').close()
    for (let i = 0; i < FILES; i++) contentOf(written(FILES + i))
    expect(openCount()).toBeLessThanOrEqual(2 * MAX)
  })
})

describe('a file whose descriptor was given back', () => {
  function released(): DiskFile {
    const file = written(0)
    const others = Array.from({ length: FILES }, (_, i) => written(i + 1))
    for (const other of others) other.close()
    for (let i = 0; i < FILES; i++) written(i + 1)
    return file
  }

  testOnLinux('is still itself under another name, and without one', () => {
    const file = released()
    disk.rename(join(root, '0'), join(root, 'renamed'))
    writeFileSync(join(root, '0'), 'another')
    expect(contentOf(file)).toBe('content 0')
    for (let i = 0; i < FILES; i++) written(i + 1)
    disk.remove(join(root, 'renamed'))
    expect(contentOf(file)).toBe('content 0')
  })

  testOnLinux('is still itself when its directory goes', () => {
    disk.makeDirectory(join(root, 'a'))
    const file = disk.open(join(root, 'a', 'file'), 'create')
    file.write(Buffer.from('content'), 0)
    file.sync()
    released()
    disk.rename(join(root, 'a'), join(root, 'b'))
    disk.removeTree(join(root, 'b'))
    expect(contentOf(file)).toBe('content')
  })

  testOnLinux('is not taken for another that somebody put there', () => {
    const file = released()
    // Under another name it keeps its number, which the other would get otherwise, now and then.
    renameSync(join(root, '0'), join(root, 'old'))
    writeFileSync(join(root, '0'), 'another')
    expect(() => contentOf(file)).toThrow('another file')
  })

  test('can be written, cut and synced', async () => {
    const file = released()
    file.write(Buffer.from('C'), 0)
    await file.syncAsync()
    for (let i = 0; i < FILES; i++) written(i + 1)
    file.truncate(3)
    expect(contentOf(file)).toBe('Con')
  })
})

test('a file that is closed in the middle of a sync is closed after it', async () => {
  const file = written(0, false)
  const syncing = file.syncAsync()
  file.close()
  file.close()
  await syncing
  expect(() => file.sizeBytes()).toThrow()
})
