// What V8 compiled before is used where it fits, and left aside where it does not.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import zlib from 'node:zlib'
import { cacheFile, CompiledModule, loadCompiled } from '../../lib/cli/compiled.ts'
import { Samsa } from './cli-process.ts'

interface Sums {
  sum(a: number, b: number): number
}

const SOURCE = `// the −1 of a comment
exports.sum = (a, b) => a + b
exports.product = (a, b) => a * b
exports.sameness = require('./beside.cjs')
`

const START = ['start', '--override', 'listeners=PLAINTEXT://127.0.0.1:0']

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'samsa-compiled-'))
  file = join(directory, 'sums.cjs')
  writeFileSync(file, SOURCE)
  writeFileSync(join(directory, 'beside.cjs'), 'module.exports = __filename\n')
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function load(): CompiledModule {
  const compiled = new CompiledModule(file)
  expect((compiled.exports as Sums).sum(1, 2)).toBe(3)
  return compiled
}

describe('a module with a cache', () => {
  test('is compiled where there is none, and writes nothing by itself', () => {
    expect(load().isCached).toBe(false)
    expect(readdirSync(directory)).toEqual(['beside.cjs', 'sums.cjs'])
  })

  test('uses what was kept', () => {
    load().save()
    expect(load().isCached).toBe(true)
    load().save()
    expect(load().isCached).toBe(true)
  })

  test('finds what lies beside it', () => {
    expect(load().exports).toMatchObject({ sameness: join(directory, 'beside.cjs') })
    expect(loadCompiled(file)).toMatchObject({ sameness: join(directory, 'beside.cjs') })
  })

  test('leaves a cache aside that is damaged, wherever that is', () => {
    load().save()
    const whole = readFileSync(cacheFile(file))
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0x10
      writeFileSync(cacheFile(file), damaged)
      expect(load().isCached).toBe(false)
    }
  })

  test('leaves a cache aside that was cut off', () => {
    load().save()
    const whole = readFileSync(cacheFile(file))
    for (const length of [0, 1, 4, 40, whole.length - 1]) {
      writeFileSync(cacheFile(file), whole.subarray(0, length))
      expect(load().isCached).toBe(false)
    }
  })

  test('leaves the cache of another text aside, though it is as long', () => {
    load().save()
    writeFileSync(file, SOURCE.replace('a * b', 'a - b'))
    const { exports, isCached } = load()
    expect(isCached).toBe(false)
    expect((exports as { product(a: number, b: number): number }).product(5, 3)).toBe(2)
  })

  test('goes without in a Node that has no checksums (21 to 22.1)', () => {
    load().save()
    const { crc32 } = zlib
    try {
      Object.assign(zlib, { crc32: undefined })
      expect(load().isCached).toBe(false)
    } finally {
      Object.assign(zlib, { crc32 })
    }
    expect(load().isCached).toBe(true)
  })

  test('leaves the cache of another Node aside', () => {
    const { versions } = process
    load().save()
    try {
      Object.defineProperty(process, 'versions', { value: { ...versions, node: '20.0.0' } })
      expect(load().isCached).toBe(false)
    } finally {
      Object.defineProperty(process, 'versions', { value: versions })
    }
    expect(load().isCached).toBe(true)
  })
})

describe('the start', () => {
  test('has a cache that fits', () => {
    expect(new CompiledModule(resolve('dist/start.cjs')).isCached).toBe(true)
  })

  test('goes without where V8 has other flags than when it was compiled', async () => {
    const samsa = new Samsa(START, directory, {
      env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=500' },
    })
    await samsa.ready()
    samsa.child.kill('SIGTERM')
    expect(await samsa.exit).toBe(0)
  })

  test('has traces that Node maps to the sources, where it is asked to', async () => {
    const bug = join(directory, 'bug.cjs')
    writeFileSync(bug, "process.stdout.write = () => { throw new Error('a bug') }")
    const logged = async (options: string): Promise<string> => {
      const samsa = new Samsa([...START, '--log-level', 'debug'], directory, {
        env: { ...process.env, NODE_OPTIONS: `--require=${bug} ${options}` },
      })
      expect(await samsa.exit).toBe(1)
      return samsa.stderr
    }
    expect(await logged('')).toMatch(/a bug[^]*dist.start\.cjs:\d+:\d+/)
    expect(await logged('--enable-source-maps')).toMatch(/a bug[^]*lib.cli.start\.ts:\d+:\d+/)
  })
})
