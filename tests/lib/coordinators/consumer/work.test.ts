// What a large consumer group costs, counted in the partitions that are looked at: not in time,
// which is another one on every machine.

import { describe, expect, test } from '@jest/globals'
import type { Assignment } from '../../../../lib/coordinators/groups/consumer/assignment.ts'
import type { MemberSpec } from '../../../../lib/coordinators/groups/consumer/assignors/spec.ts'
import { uniformAssignor } from '../../../../lib/coordinators/groups/consumer/assignors/uniform.ts'
import { hashOfString, timelined } from '../../../../lib/coordinators/groups/consumer/java-order.ts'

const TOPIC = Buffer.alloc(16, 1).toString('base64url')
const MEMBERS = 200
const PARTITIONS = 1000

class Looks {
  count = 0
}

/** Notes every partition that somebody goes through. */
class CountingSet extends Set<number> {
  readonly #looks: Looks

  constructor(partitions: readonly number[], looks: Looks) {
    super(partitions)
    this.#looks = looks
  }

  override* [Symbol.iterator](): SetIterator<number> {
    for (const partition of super[Symbol.iterator]()) {
      this.#looks.count++
      yield partition
    }
  }
}

class CountingMap extends Map<number, string> {
  looks: Looks | undefined

  override has(partition: number): boolean {
    if (this.looks !== undefined) this.looks.count++
    return super.has(partition)
  }
}

/** A group whose members have everything, and one who has come. */
function grownGroup(looks: Looks) {
  const owners = new CountingMap()
  owners.looks = looks
  const member = (assignment: Assignment): MemberSpec =>
    ({ instanceId: null, topicIds: new Set([TOPIC]), subscribedCount: 1, assignment })
  const members = new Map<string, MemberSpec>()
  const share = PARTITIONS / MEMBERS
  for (let index = 0; index < MEMBERS; index++) {
    const partitions = Array.from({ length: share }, (_, offset) => index * share + offset)
    for (const partition of partitions) owners.set(partition, `m${index}`)
    members.set(`m${index}`, member(new Map([[TOPIC, new CountingSet(partitions, looks)]])))
  }
  members.set('new', member(new Map()))
  return { owners, members }
}

describe('a member that joins 200 others', () => {
  test('takes from few of them, and the rest are not looked into', () => {
    const looks = new Looks()
    const { owners, members } = grownGroup(looks)
    const after = uniformAssignor.assign({
      members, isHomogeneous: true,
      assignedPartitions: () => owners,
      partitionCount: () => PARTITIONS,
      hashOfTopic: hashOfString,
    })
    const share = PARTITIONS / MEMBERS
    expect(after.get('new')!.get(TOPIC)!.size).toBe(share - 1)
    const kept = [...members].filter(([memberId, { assignment }]) =>
      after.get(memberId) === assignment)
    expect(kept).toHaveLength(MEMBERS - (share - 1))
    // A few times each of what those have who give one away.
    expect(looks.count).toBeLessThanOrEqual(3 * (share - 1) * share)
  })
})

describe("the order of the coordinator's tables", () => {
  test('is by the upper bits of a product of 64 bits', () => {
    const keys = Array.from({ length: 500 }, (_, index) => `member-${index * 7919}`)
    const slots = 512
    const slotOf = (key: string) => Number(
      BigInt.asUintN(64, BigInt(hashOfString(key)) * -7046029254386353131n) / (2n ** 64n / 512n))
    const order = keys.map((key, at) => ({ key, at, slot: slotOf(key) }))
      .sort((a, b) => a.slot - b.slot || b.at - a.at).map(({ key }) => key)
    expect(keys.length * 0.75).toBeLessThanOrEqual(slots)
    expect(timelined(keys)).toEqual(order)
  })
})
