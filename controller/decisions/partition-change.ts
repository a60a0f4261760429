// A change to a partition: the target replicas and ISR, what follows from them for leader and
// eligible leaders, and the record that says it (KIP-631, KIP-966).

import { RECOVERING, type Partition, type TopicIdPartition } from '../image/topics.ts'
import { type NewRecord, record } from '../metadata-records.ts'

export interface ChangeRules {
  /** May this replica lead? (alive, and its directory online) */
  readonly isAcceptableLeader: (replica: number) => boolean
  /** The effective `min.insync.replicas`: not above the replication factor. */
  readonly minIsr: number
  readonly isElrEnabled: boolean
  /** Of the record. */
  readonly version: 0 | 1 | 2
  /**
   * 'preferred': back to the first replica; 'unclean': any replica alive when there is no other
   * way.
   */
  readonly election?: 'preferred' | 'online' | 'unclean'
  readonly uncleanShutdownReplicas?: readonly number[]
}

interface Target {
  isr: readonly number[]
  elr: readonly number[]
}

interface Change {
  isr?: readonly number[]
  leader?: number
  leaderRecoveryState?: number
  eligibleLeaderReplicas?: readonly number[]
  lastKnownElr?: readonly number[]
}

/** The record that takes the partition to `targetIsr`; undefined when nothing changes. */
export function changePartition(
  place: TopicIdPartition, partition: Partition, targetIsr: readonly number[], rules: ChangeRules,
): NewRecord | undefined {
  const target: Target = { isr: targetIsr, elr: partition.elr }
  if (rules.isElrEnabled) chooseEligible(target, partition, rules)
  const change: Change = {}
  elect(change, target, partition, rules)
  noteEligible(change, target, partition, rules)
  const mayBeEmpty = rules.isElrEnabled
  if (change.isr === undefined && (target.isr.length > 0 || mayBeEmpty) &&
    !isSame(target.isr, partition.isr)) change.isr = target.isr
  noteLastKnownLeader(change, partition, rules)
  if (Object.keys(change).length === 0) return undefined
  return record('partitionChange', rules.version, {
    partitionId: place.index, topicId: place.topicId, ...change,
  })
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}

/**
 * Below the minimum, who leaves the ISR stays eligible to lead: it has everything that was
 * committed.
 */
function chooseEligible(target: Target, partition: Partition, rules: ChangeRules): void {
  if (target.isr.length >= rules.minIsr) {
    target.elr = []
    return
  }
  const unclean = rules.uncleanShutdownReplicas ?? []
  target.elr = [...new Set([...target.elr, ...partition.isr])]
    .filter((id) => !target.isr.includes(id) && !unclean.includes(id))
}

function elect(change: Change, target: Target, partition: Partition, rules: ChangeRules): void {
  const { node, isUnclean } = electLeader(target, partition, rules)
  if (node === partition.leader) return
  if (target.elr.includes(node)) {
    target.isr = [node]
    target.elr = target.elr.filter((id) => id !== node)
  }
  change.leader = node
  if (isUnclean) {
    change.isr = [node]
    if (partition.leaderRecoveryState !== RECOVERING) change.leaderRecoveryState = RECOVERING
  }
}

function electLeader(
  target: Target, partition: Partition, rules: ChangeRules,
): { node: number, isUnclean: boolean } {
  const { replicas, leader, lastKnownElr } = partition
  const isValid = (id: number): boolean => rules.isAcceptableLeader(id) &&
    (target.isr.includes(id) || (target.isr.length === 0 && target.elr.includes(id)))
  const order = rules.election === 'preferred'
    ? [replicas[0]!, leader, ...replicas] : [leader, ...replicas]
  const clean = order.find(isValid)
  if (clean !== undefined) return { node: clean, isUnclean: false }
  const lastKnown = lastKnownElr[0]
  if (rules.isElrEnabled && target.elr.length === 0 && target.isr.length === 0 &&
    lastKnownElr.length === 1 && rules.isAcceptableLeader(lastKnown!)) {
    return { node: lastKnown!, isUnclean: true }
  }
  if (rules.election === 'unclean') {
    const any = replicas.find(rules.isAcceptableLeader)
    if (any !== undefined) return { node: any, isUnclean: true }
  }
  return { node: -1, isUnclean: false }
}

function noteEligible(
  change: Change, target: Target, partition: Partition, rules: ChangeRules,
): void {
  const isCleanElection = change.isr === undefined
  if (!isCleanElection || !rules.isElrEnabled) target.elr = []
  if (!isSame(target.elr, partition.elr)) change.eligibleLeaderReplicas = target.elr
}

/**
 * The last leader is remembered as long as there is none: without ELR members it may lead again.
 */
function noteLastKnownLeader(change: Change, partition: Partition, rules: ChangeRules): void {
  if (!rules.isElrEnabled || change.leader === undefined) return
  if (change.leader === -1 && partition.lastKnownElr.length === 0) {
    change.lastKnownElr = [partition.leader]
  } else if (change.leader >= 0 && partition.lastKnownElr.length > 0) {
    change.lastKnownElr = []
  }
}
