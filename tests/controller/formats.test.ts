// What stands in the metadata log and its snapshots, byte for byte as Kafka writes it.

import { describe, expect, test } from '@jest/globals'

import { activationRecords, bootstrapRecords } from '../../controller/activation.ts'
import { EMPTY_IMAGE } from '../../controller/image/image.ts'
import { readRecord, record, recordAgain } from '../../controller/metadata-records.ts'
import { leaderChangeBatch } from '../../controller/raft/leader-change.ts'
import {
  decodeSnapshot, encodeSnapshot, parseSnapshotName, snapshotFileName,
} from '../../controller/snapshot-format.ts'
import { formattedWith } from '../../controller/snapshots.ts'
import { Batch, buildBatch } from '../../protocol/records/batch.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import {
  BOOTSTRAP_BATCH, BOOTSTRAP_CHECKPOINT, LEADER_CHANGE_BATCH, REGISTER_BROKER_BATCH,
  STANDALONE_CHECKPOINT,
} from './golden.ts'
import { settings } from './harness.ts'

function valuesOf(bytes: Buffer): Buffer[] {
  const batch = new Batch(bytes)
  batch.next()
  return [...recordsOf(batch)].map(({ value }) => value!)
}

describe('a snapshot', () => {
  test('of a formatted directory reads as the default feature levels', () => {
    const read = decodeSnapshot(BOOTSTRAP_CHECKPOINT)!
    expect(read.values).toEqual(bootstrapRecords())
    expect(read.lastTimestampMs).toBe(1795251037637)
  })

  test('is written as Kafka writes it', () => {
    const { values, lastTimestampMs } = decodeSnapshot(BOOTSTRAP_CHECKPOINT)!
    const written = Buffer.concat([...encodeSnapshot({
      epoch: 0, nowMs: 0, lastTimestampMs, values,
    })])
    // Kafka stamps each batch with the time of its writing; all else is the same.
    expect(withoutTimes(written)).toEqual(withoutTimes(BOOTSTRAP_CHECKPOINT))
  })

  test('that is cut off, damaged or longer than its end is none', () => {
    for (let length = 0; length < BOOTSTRAP_CHECKPOINT.length; length++) {
      expect(decodeSnapshot(BOOTSTRAP_CHECKPOINT.subarray(0, length))).toBeUndefined()
    }
    const damaged = Buffer.from(BOOTSTRAP_CHECKPOINT)
    damaged[200]! ^= 1
    expect(decodeSnapshot(damaged)).toBeUndefined()
    const twice = Buffer.concat([BOOTSTRAP_CHECKPOINT, BOOTSTRAP_CHECKPOINT])
    expect(decodeSnapshot(twice)).toBeUndefined()
  })

  test('is named by the offset and epoch where it ends', () => {
    const name = '00000000000000000123-0000000007.checkpoint'
    expect(snapshotFileName({ endOffset: 123, epoch: 7 })).toBe(name)
    expect(parseSnapshotName(name)).toEqual({ endOffset: 123, epoch: 7 })
    expect(parseSnapshotName(`${name}.part`)).toBeUndefined()
    expect(parseSnapshotName('00000000000000000123.log')).toBeUndefined()
  })
})

/** A batch's timestamps, and its CRC over them, zeroed. */
function withoutTimes(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  for (let at = 0; at < copy.length; at += copy.readInt32BE(at + 8) + 12) {
    copy.fill(0, at + 17, at + 21)
    copy.fill(0, at + 27, at + 43)
  }
  return copy
}

test('a directory that was formatted as standalone names its voter, as Kafka writes it', () => {
  const { quorum, values, lastTimestampMs } = decodeSnapshot(STANDALONE_CHECKPOINT)!
  expect(quorum).toEqual({
    version: 1,
    voters: [{
      voterId: 1, voterDirectoryId: 'YphUUGlzSuGa6BF3ZddEUA',
      endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 24001 }],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
    }],
  })
  const written = Buffer.concat([...encodeSnapshot({
    epoch: 0, nowMs: 0, lastTimestampMs, quorum, values,
  })])
  expect(withoutTimes(written)).toEqual(withoutTimes(STANDALONE_CHECKPOINT))
})

test("a leader's epoch begins as Kafka's does", () => {
  const batch = leaderChangeBatch({
    baseOffset: 0, epoch: 1, timestamp: 1795251040132, leaderId: 1, voters: [1],
    grantingVoters: [1],
  })
  expect(batch).toEqual(LEADER_CHANGE_BATCH)
})

test('the records of formatting are also those that Kafka before 4.4 leaves', () => {
  const disk = new MemoryDisk()
  const directory = '/a/__cluster_metadata-0'
  disk.makeDirectory(directory)
  expect(formattedWith(disk, directory)).toBeUndefined()
  const leave = (path: string, featureLevel: number): Buffer[] => {
    const values = [record('featureLevel', 0, { name: 'metadata.version', featureLevel }).bytes]
    const file = disk.open(path, 'create')
    file.writeAll([...encodeSnapshot({ epoch: 0, nowMs: 0, lastTimestampMs: 0, values })], 0)
    file.close()
    return values
  }
  const older = leave('/a/bootstrap.checkpoint', 25)
  expect(formattedWith(disk, directory)).toEqual(older)
  const newer = leave(`${directory}/${snapshotFileName({ endOffset: 0, epoch: 0 })}`, 33)
  expect(formattedWith(disk, directory)).toEqual(newer)
})

describe('metadata records', () => {
  test('of an empty log are those that Kafka begins with', () => {
    const values = activationRecords({
      image: EMPTY_IMAGE, isInTransaction: false, bootstrap: bootstrapRecords(), settings,
    })
    expect(values).toEqual(valuesOf(BOOTSTRAP_BATCH))
    const batch = buildBatch({
      baseOffset: 1, leaderEpoch: 1,
      records: values.map((value) => ({ key: null, value, timestamp: 1795251040283 })),
    })
    expect(batch).toEqual(BOOTSTRAP_BATCH)
  })

  test('read from Kafka and written again are the same bytes', () => {
    for (const bytes of [BOOTSTRAP_BATCH, REGISTER_BROKER_BATCH]) {
      for (const value of valuesOf(bytes)) {
        expect(recordAgain(readRecord(value)).bytes).toEqual(value)
      }
    }
  })

  test("carry Kafka's fields", () => {
    const [value] = valuesOf(REGISTER_BROKER_BATCH)
    expect(readRecord(value!)).toMatchObject({
      type: 'registerBroker', version: 4,
      data: {
        brokerId: 1, brokerEpoch: 11, fenced: true, rack: null, cordonedLogDirs: null,
        endPoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 46905, securityProtocol: 0 }],
        logDirs: ['BgGfd1HZzL5Z3PY2v10GmQ'],
      },
    })
  })

  test('of unknown frame, type or version are refused', () => {
    const { bytes } = record('noOp', 0, {})
    expect(readRecord(bytes).type).toBe('noOp')
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(bytes)
      copy[at] = value
      return copy
    }
    expect(() => readRecord(changed(0, 2))).toThrow('frame version 2')
    expect(() => readRecord(changed(1, 99))).toThrow('type 99')
    expect(() => readRecord(changed(2, 1))).toThrow('version 1')
    expect(() => readRecord(Buffer.alloc(0))).toThrow('frame')
  })
})
