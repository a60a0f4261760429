// A cluster's metadata in a test: decisions are made and folded in, nothing is written anywhere.

import type { Decision, DecisionSettings } from '../../controller/decisions/decision.ts'
import { brokerHeartbeat, registerBroker } from '../../controller/decisions/brokers.ts'
import { SUPPORTED_FEATURES } from '../../controller/image/features.ts'
import { applyRecord, EMPTY_IMAGE, type Image } from '../../controller/image/image.ts'
import { type MetadataRecord, readRecord, record } from '../../controller/metadata-records.ts'
import type { Randomness } from '../../controller/ports.ts'

export const settings: DecisionSettings = {
  nodeId: 1, clusterId: 'MkU3OEVBNTcwNTJENDM2Qg',
  defaultPartitions: 1, defaultReplicationFactor: 1,
  serverSettings: new Map(), serverLists: new Map([['log.cleanup.policy', 'delete']]),
  topicDefaults: new Map(),
}

/** Counts instead of rolling dice. */
export function counting(): Randomness {
  let next = 0
  return {
    uuid: () => `id${String(next++).padStart(19, '0')}A`,
    integer: (maxExclusive) => next++ % maxExclusive,
  }
}

export class Cluster {
  image: Image = EMPTY_IMAGE
  nextOffset = 0
  records: MetadataRecord[] = []
  readonly random = counting()
  readonly epochs = new Map<number, number>()

  constructor({ isElrEnabled = true } = {}) {
    for (const { name, defaultLevel } of SUPPORTED_FEATURES) {
      const featureLevel = name.startsWith('eligible') && !isElrEnabled ? 0 : defaultLevel
      if (featureLevel > 0) this.apply(record('featureLevel', 0, { name, featureLevel }).bytes)
    }
    this.records = []
  }

  apply(bytes: Buffer): void {
    const read = readRecord(bytes)
    this.image = applyRecord(this.image, read)
    this.records.push(read)
    this.nextOffset++
  }

  quorum = { version: 0, canHaveVoters: true }

  /** Answers, and leaves in `records` what was decided. */
  decide<A>(decision: Decision<A>): A {
    const { image, nextOffset, random } = this
    const { records, answer, quorumVersion } = decision({
      image, nextOffset, settings, random, quorum: this.quorum,
    })
    if (quorumVersion !== undefined) this.quorum = { ...this.quorum, version: quorumVersion }
    this.records = []
    for (const { bytes } of records) this.apply(bytes)
    return answer
  }

  join(id: number, {
    rack = null as string | null, wasClean = true, logDirs = [directoryOf(id)] as readonly string[],
  } = {}): void {
    const { brokerEpoch } = this.decide(registerBroker({
      brokerId: id, clusterId: settings.clusterId,
      incarnationId: this.random.uuid(), rack,
      listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9091 + id, securityProtocol: 0 }],
      features: SUPPORTED_FEATURES, logDirs,
      previousBrokerEpoch: wasClean ? this.epochs.get(id) ?? -1 : -1,
    }, false))
    this.epochs.set(id, brokerEpoch)
    this.beat(id)
  }

  beat(id: number, { wantFence = false, wantShutDown = false } = {}) {
    return this.decide(brokerHeartbeat({
      brokerId: id, brokerEpoch: this.epochs.get(id)!, currentMetadataOffset: this.nextOffset - 1,
      wantFence, wantShutDown,
    }))
  }

  partition(topic: string, index = 0) {
    return this.image.topics.byName(topic)!.partitions.get(index)!
  }
}

export function directoryOf(id: number): string {
  return `directory${String(id).padStart(12, '0')}A`
}
