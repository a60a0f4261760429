// A change to a partition: the target replicas and ISR, what follows from them for leader and
// eligible leaders, and the record that says it (KIP-455, KIP-631, KIP-858, KIP-966).

import { RECOVERING, type Partition, type TopicIdPartition } from '../image/topics.ts'
import { type NewRecord, record } from '../metadata-records.ts'

/** Of replicas from before records had directories: brokers will tell. */
const UNKNOWN_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAg'

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
  /** Left out: the replicas stay, unless a move of them is complete with this change. */
  readonly assignment?: Assignment
}

/** Where a partition is to be: `replicas` holds those that come and those that go, too. */
export interface Assignment {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
  /** The directory of a replica that has none; undefined: cluster and records know of none. */
  readonly newDirectory: ((replica: number) => string) | undefined
}

interface Target {
  isr: readonly number[]
  elr: readonly number[]
  replicas: readonly number[]
  adding: readonly number[]
  removing: readonly number[]
}

interface Change {
  replicas?: readonly number[]
  addingReplicas?: readonly number[]
  removingReplicas?: readonly number[]
  directories?: readonly string[]
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
  const { replicas, addingReplicas, removingReplicas } = partition
  const target: Target = {
    isr: targetIsr, elr: partition.elr, replicas, adding: addingReplicas,
    removing: removingReplicas, ...rules.assignment,
  }
  completeMove(target)
  if (rules.isElrEnabled) chooseEligible(target, partition, rules)
  const change: Change = {}
  elect(change, target, partition, rules)
  // Who is no replica any more has to hear that it is over: by another epoch of the leader.
  if (change.leader === undefined && replicas.some((id) => !target.replicas.includes(id))) {
    change.leader = partition.leader
  }
  noteEligible(change, target, partition, rules)
  const mayBeEmpty = rules.isElrEnabled
  if (change.isr === undefined && (target.isr.length > 0 || mayBeEmpty) &&
    !isSame(target.isr, partition.isr)) change.isr = target.isr
  noteLastKnownLeader(change, partition, rules)
  noteAssignment(change, target, partition, rules.assignment)
  if (Object.keys(change).length === 0) return undefined
  return record('partitionChange', rules.version, {
    partitionId: place.index, topicId: place.topicId, ...change,
  })
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}

/**
 * A move ends when those who came are in sync, and enough of those who stay; then the others go
 * (KIP-455).
 */
function completeMove(target: Target): void {
  const { adding, removing } = target
  if (adding.length === 0 && removing.length === 0) return
  const isr = target.isr.filter((id) => !removing.includes(id))
  const replicas = target.replicas.filter((id) => !removing.includes(id))
  const areIn = (ids: readonly number[]): boolean => ids.every((id) => isr.includes(id))
  if (isr.length === 0 || replicas.length === 0 || !areIn(adding)) return
  if (adding.length < removing.length && !areIn(replicas)) return
  Object.assign(target, { isr, replicas, adding: [], removing: [] })
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
  const { leader, lastKnownElr } = partition
  const { replicas } = target
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

/** A replica that stays keeps its directory. */
function noteAssignment(
  change: Change, target: Target, partition: Partition, assignment: Assignment | undefined,
): void {
  const { replicas, directories, addingReplicas, removingReplicas } = partition
  if (!isSame(target.replicas, replicas)) {
    change.replicas = target.replicas
    const newDirectory = assignment?.newDirectory
    if (newDirectory !== undefined || directories.length > 0) {
      change.directories = target.replicas.map((id) =>
        directories[replicas.indexOf(id)] ?? newDirectory?.(id) ?? UNKNOWN_DIRECTORY)
    }
  }
  if (!isSame(target.removing, removingReplicas)) change.removingReplicas = target.removing
  if (!isSame(target.adding, addingReplicas)) change.addingReplicas = target.adding
}
