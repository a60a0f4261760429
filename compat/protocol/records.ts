// Record batches, exchanged with Kafka's own classes: what one side writes, the other reads.

import { deepStrictEqual } from 'node:assert/strict'
import {
  Batch, BATCH_OVERHEAD, type BatchToBuild, buildBatch,
} from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { ControlType, controlTypeOf, endMarkerBatch } from '../../protocol/records/control.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { batchText, isRefused } from './batch-text.ts'
import { type Framing, withPayload } from './framings.ts'
import type { BatchSample, Patch, Peer } from './peer.ts'
import { expectedRecords, randomBatch, toBuildAgain } from './random-batches.ts'
import { type Below, seeded } from '../harness/random.ts'

export const BATCHES = 10_000
const AT_ONCE = 200
const FRAMINGS_EACH = 50
const DAMAGED_EACH = 1000
const PATCH: Patch = { lastOffset: 2 ** 50 + 7, leaderEpoch: 12, timestampMs: 1_700_000_000_001 }

/** How often what was seen: to say what a run has covered. */
export type Tally = Map<string, number>

/**
 * Kafka's random batches: we read the same in them, patch them to the same bytes, and build them
 * again: to the same bytes, or where there is a codec, to what Kafka reads as the same.
 */
export async function kafkaWritesBatches(
  peer: Peer, seed: number, tally: Tally,
): Promise<string[]> {
  const found: string[] = []
  for (let done = 0; done < BATCHES; done += AT_ONCE) {
    const samples = await peer.makeBatches(seed + done, AT_ONCE, PATCH)
    const compressed: { sample: BatchSample, again: Buffer }[] = []
    samples.forEach((sample, i) => {
      const where = `batch ${seed + done + i}`
      found.push(...attempt(where, () => {
        count(tally, sample.bytes)
        const again = readAndBuild(sample)
        if (again !== undefined) compressed.push({ sample, again })
      }))
    })
    const texts = await peer.batchTexts(compressed.map(({ again }) => again))
    compressed.forEach(({ sample }, i) => {
      found.push(...attempt(`compressed again after ${seed + done}`, () => {
        same(texts[i]!, sample.text)
      }))
    })
  }
  return found
}

/** The batch built anew where it is to be read by Kafka, undefined where the bytes are the same. */
function readAndBuild({ bytes, text, patched }: BatchSample): Buffer | undefined {
  same(batchText(bytes), text)
  const copy = new Batch(Buffer.from(bytes))
  copy.setBaseOffset(PATCH.lastOffset - copy.lastOffsetDelta)
  copy.setLeaderEpoch(PATCH.leaderEpoch)
  const isCreateTime = copy.timestampType === 'CreateTime'
  copy.setMaxTimestamp(isCreateTime ? 'LogAppendTime' : 'CreateTime', PATCH.timestampMs)
  same(copy.buffer.toString('hex'), patched.toString('hex'))

  const batch = new Batch(bytes)
  const again = buildBatch(toBuildAgain(batch))
  if (batch.codec !== 'none') return again
  same(again.toString('hex'), bytes.toString('hex'))
  if (batch.isControl && batch.count > 0) checkMarker(batch)
  return undefined
}

/** The end of a transaction as we write it. */
function checkMarker(batch: Batch): void {
  const [record] = recordsOf(batch)
  const type = controlTypeOf(record!.key)
  if (type !== ControlType.ABORT && type !== ControlType.COMMIT) return
  if (batch.timestampType !== 'CreateTime' || batch.deleteHorizonMs !== undefined) return
  const marker = endMarkerBatch({
    type: type === ControlType.ABORT ? 'ABORT' : 'COMMIT', baseOffset: batch.baseOffset,
    timestampMs: batch.maxTimestamp, producerId: batch.producerId,
    producerEpoch: batch.producerEpoch, leaderEpoch: batch.leaderEpoch,
    coordinatorEpoch: record!.value!.readInt32BE(2),
  })
  same(marker.toString('hex'), batch.bytes().toString('hex'))
}

/** Our random batches: Kafka reads in them what we do, and both what was put in. */
export async function weWriteBatches(peer: Peer, seed: number, tally: Tally): Promise<string[]> {
  const found: string[] = []
  const below = seeded(seed)
  for (let done = 0; done < BATCHES; done += AT_ONCE) {
    const given = Array.from({ length: AT_ONCE }, () => randomBatch(below))
    const built = given.map(buildBatch)
    const texts = await peer.batchTexts(built)
    built.forEach((bytes, i) => {
      found.push(...attempt(`batch ${done + i} of seed ${seed}`, () => {
        count(tally, bytes)
        same(texts[i]!, batchText(bytes))
        deepStrictEqual([...recordsOf(new Batch(bytes))], expectedRecords(given[i]!))
      }))
    })
  }
  return found
}

/** Random records in somebody else's framing: read as Kafka reads them, or refused as it does. */
export async function framed(peer: Peer, framing: Framing, below: Below): Promise<string[]> {
  const batches = Array.from({ length: FRAMINGS_EACH }, () => {
    const plain = buildBatch({ ...notEmpty(below), codec: 'none' })
    return withPayload(plain, framing.codec, framing.frame(plain.subarray(BATCH_OVERHEAD), below))
  })
  const texts = await peer.batchTexts(batches)
  return batches.flatMap((bytes, i) => attempt(`${framing.codec}, ${framing.name}`, () => {
    const ours = batchText(bytes)
    if (!isRefused(texts[i]!) || !isRefused(ours)) same(ours, texts[i]!)
  }))
}

/**
 * Batches with damage under a good checksum: what is read is what Kafka reads, and what Kafka
 * refuses is refused. `refusedAlone` are those that Kafka reads none the less.
 */
export async function damaged(
  peer: Peer, codec: Codec, below: Below,
): Promise<{ found: string[], refusedAlone: number }> {
  const batches = Array.from({ length: DAMAGED_EACH }, () => {
    const { level: _, ...given } = notEmpty(below)
    const payload = damage(buildBatch({ ...given, codec }).subarray(BATCH_OVERHEAD), below)
    return withPayload(buildBatch({ ...given, codec: 'none' }), codec, payload)
  })
  const texts = await peer.batchTexts(batches)
  let refusedAlone = 0
  const found = batches.flatMap((bytes, i) => attempt(`damaged ${codec}`, () => {
    const ours = batchText(bytes)
    if (!isRefused(ours)) same(ours, texts[i]!)
    else if (!isRefused(texts[i]!)) refusedAlone += 1
  }))
  return { found, refusedAlone }
}

function notEmpty(below: Below): BatchToBuild {
  const batch = randomBatch(below)
  return batch.records.length > 0 ? batch : notEmpty(below)
}

/** Cut off, or with a bit flipped anywhere, or with another byte near the start. */
function damage(payload: Buffer, below: Below): Buffer {
  const bytes = Buffer.from(payload)
  switch (below(3)) {
    case 0: return bytes.subarray(0, below(bytes.length))
    case 1: bytes[below(bytes.length)]! ^= 1 << below(8); return bytes
    default: bytes[below(Math.min(bytes.length, 24))] = below(256); return bytes
  }
}

function count(tally: Tally, bytes: Buffer): void {
  const batch = new Batch(bytes)
  const add = (name: string) => tally.set(name, (tally.get(name) ?? 0) + 1)
  add(batch.codec ?? 'unknown')
  add(batch.timestampType)
  if (batch.isTransactional) add('transactional')
  else if (batch.hasProducer) add('idempotent')
  if (batch.isControl) add('control')
  if (batch.count === 0) add('empty')
  if (batch.deleteHorizonMs !== undefined) add('horizon')
}

function attempt(where: string, check: () => void): string[] {
  try {
    check()
    return []
  } catch (error) {
    return [`${where}: ${(error as Error).message.slice(0, 600)}`]
  }
}

export function same(actual: string, expected: string): void {
  if (actual === expected) return
  let at = 0
  while (actual[at] === expected[at]) at += 1
  const around = (text: string) => text.slice(Math.max(at - 100, 0), at + 100)
  throw new Error(`…${around(actual)}… is not …${around(expected)}…`)
}
