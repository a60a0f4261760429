// Targets of consumer groups and the hash of their topics, against what Kafka's own classes made of
// the same groups, step by step: members come, change and go, topics come and grow. How the answers
// were obtained stands in `compat/protocol/Assignments.java`.

import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Partition } from '../../../../controller/image/topics.ts'
import { TopicsImage } from '../../../../controller/image/topics.ts'
import type { Assignment } from '../../../../lib/coordinators/groups/consumer/assignment.ts'
import type { Assignor } from '../../../../lib/coordinators/groups/consumer/assignors/spec.ts'
import { rangeAssignor } from '../../../../lib/coordinators/groups/consumer/assignors/range.ts'
import { uniformAssignor } from '../../../../lib/coordinators/groups/consumer/assignors/uniform.ts'
import { ConsumerGroup } from '../../../../lib/coordinators/groups/consumer/consumer-group.ts'
import { newMember } from '../../../../lib/coordinators/groups/consumer/consumer-member.ts'
import { groupHash, topicHash } from '../../../../lib/coordinators/groups/consumer/metadata-hash.ts'
import { Subscriptions } from '../../../../lib/coordinators/groups/consumer/subscriptions.ts'
import { computeTarget } from '../../../../lib/coordinators/groups/consumer/target.ts'

interface TopicStep {
  readonly topic: string
  readonly id: string
  /** Brokers of each partition that is added. */
  readonly replicas: readonly string[]
}

interface MemberStep {
  readonly member: string
  readonly instance: string | null
  /** Numbers of topics; −1: one that does not exist. */
  readonly topics: readonly number[]
  readonly hash: string
  /** Of each member its number, then for each topic its number and its partitions. */
  readonly target: readonly (readonly [number, ...(readonly number[])[]])[]
}

interface LeaveStep {
  readonly leaves: string
}

interface Golden {
  readonly groups: readonly {
    readonly assignor: string
    readonly steps: readonly (TopicStep | MemberStep | LeaveStep)[]
  }[]
}

const golden = JSON.parse(
  readFileSync(join(__dirname, 'assignments.json'), 'utf8')) as Golden

const ASSIGNORS: Readonly<Record<string, Assignor>> = {
  range: rangeAssignor, uniform: uniformAssignor,
}
const RACKS: Readonly<Record<number, string>> = { 1: 'a', 2: 'rack-b' }

/** A group of the golden answers, with what Kafka's builder of targets is handed. */
class Replayed {
  readonly group = new ConsumerGroup('g')
  readonly #assignor: Assignor
  readonly #topicIds: string[] = []
  readonly #topicNames: string[] = []
  readonly #memberIds: string[] = []
  #topics = TopicsImage.empty

  constructor(assignor: string) {
    this.#assignor = ASSIGNORS[assignor]!
  }

  changeTopic({ topic, id, replicas }: TopicStep): void {
    if (!this.#topicIds.includes(id)) {
      this.#topicIds.push(id)
      this.#topicNames.push(topic)
      this.#topics = this.#topics.withTopic(topic, id)
    }
    for (const brokers of replicas) {
      const index = this.#topics.byId(id)!.partitions.size
      this.#topics = this.#topics.withPartition(id, index, partitionOn([...brokers].map(Number)))
    }
  }

  leave(memberId: string): void {
    this.group.setTarget(memberId, undefined)
    this.group.setMember(memberId, undefined)
  }

  /** Gives the hash and the target, in the form of the golden ones. */
  update({ member: memberId, instance, topics }: MemberStep): Pick<MemberStep, 'hash' | 'target'> {
    const { group } = this
    if (!this.#memberIds.includes(memberId)) this.#memberIds.push(memberId)
    const replaced = group.staticMember(instance)
    const before = replaced ?? group.members.get(memberId)
    const updated = {
      ...newMember(memberId), instanceId: instance,
      subscribedTopicNames: new Set(topics.map((index) => this.#topicNames[index] ?? 'missing')),
    }
    const subscriptions = new Subscriptions(group.subscriptions)
    subscriptions.replace(before, updated)
    const memberCount = group.members.size + (before === undefined ? 1 : 0)
    const target = computeTarget({
      group, updated, topics: this.#topics, assignor: this.#assignor,
      isHomogeneous: subscriptions.isHomogeneous(memberCount),
    })
    if (replaced !== undefined && replaced.memberId !== memberId) {
      const inherited = group.target(replaced.memberId)
      this.leave(replaced.memberId)
      group.setTarget(memberId, inherited)
    }
    group.setMember(memberId, updated)
    for (const [id, assignment] of target) group.setTarget(id, assignment)
    return { hash: this.#hash(subscriptions), target: this.#shown() }
  }

  #hash(subscriptions: Subscriptions): string {
    const topics = [...subscriptions.topicNames()]
      .map((name) => this.#topics.byName(name)).filter((topic) => topic !== undefined)
    return String(groupHash(topics.map((topic) =>
      ({ name: topic.name, hash: topicHash(topic, (broker) => RACKS[broker]) }))))
  }

  #shown(): MemberStep['target'] {
    return [...this.group.members.keys()]
      .map((memberId) => [
        this.#memberIds.indexOf(memberId), ...this.#partitions(this.group.target(memberId)),
      ] as const)
      .sort(([a], [b]) => a - b)
  }

  #partitions(assignment: Assignment): number[][] {
    return [...assignment]
      .map(([id, partitions]) =>
        [this.#topicIds.indexOf(id), ...[...partitions].sort((a, b) => a - b)])
      .sort(([a], [b]) => a! - b!)
  }
}

function partitionOn(brokers: number[]): Partition {
  return {
    replicas: brokers, directories: [], isr: brokers, removingReplicas: [], addingReplicas: [],
    leader: brokers[0]!, leaderRecoveryState: 0, leaderEpoch: 0, partitionEpoch: 0,
    elr: [], lastKnownElr: [],
  }
}

describe('targets and hashes as Kafka has them', () => {
  test.each(golden.groups.map((group, index) => [index, group.assignor, group] as const))(
    'group %i, %s', (_index, assignor, { steps }) => {
      const replayed = new Replayed(assignor)
      for (const [index, step] of steps.entries()) {
        if ('topic' in step) replayed.changeTopic(step)
        else if ('leaves' in step) replayed.leave(step.leaves)
        else {
          const { hash, target } = replayed.update(step)
          expect({ index, hash, target })
            .toEqual({ index, hash: step.hash, target: step.target })
        }
      }
    })
})
