// What other programs do while commands look on: a member of a group, a transaction left open.

import { Client } from '../../lib/client/client.ts'
import { parseAddress } from '../../lib/client/dial.ts'
import { throwIfRefused } from '../../lib/client/errors.ts'
import { Member } from '../../lib/client/member.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { tcpDial } from '../../lib/world/dial.ts'
import { addPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'

const TRANSACTION_TIMEOUT_MS = 60_000
/** In version 12 and later a transaction takes partitions on by being written to (KIP-890). */
const VERSION = 11
const ADD_VERSION = 3

export class Others {
  readonly #client: Client
  #member: Member | undefined

  constructor(address: string) {
    this.#client = new Client({
      bootstrap: [parseAddress(address)!], dial: tcpDial(), clock: systemClock(),
      softwareVersion: 'test', clientId: 'somebody',
    })
  }

  close(): void {
    this.#client.close()
  }

  async join(groupId: string, topic: string): Promise<void> {
    this.#member = new Member(this.#client, groupId, [topic])
    await this.#member.join()
  }

  async leave(): Promise<void> {
    await this.#member?.leave()
  }

  /** Writes a record to partition 0 in a transaction, and does not end it. */
  async openTransaction(transactionalId: string, topic: string): Promise<void> {
    await this.#client.retry(async () => {
      const coordinator = await this.#client.coordinator('transaction', transactionalId)
      const answer = await coordinator.request(initProducerId, {
        transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      })
      throwIfRefused(answer.errorCode, 'a producer id')
      const { producerId, producerEpoch } = answer
      const added = await coordinator.request(addPartitionsToTxn, {
        transactions: [], v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [0] }],
      }, { version: ADD_VERSION })
      const [{ resultsByPartition }] = added.resultsByTopicV3AndBelow as [
        typeof added.resultsByTopicV3AndBelow[number]]
      throwIfRefused(resultsByPartition[0]!.partitionErrorCode, 'a partition')
      const leader = await this.#client.broker(
        await this.#client.leaderOf({ topic, partition: 0 }))
      const { responses } = await leader.request(produce, {
        transactionalId, acks: -1, timeoutMs: leader.brokerTimeoutMs,
        topicData: [{ name: topic, partitionData: [{
          index: 0,
          records: buildBatch({
            records: [{ value: Buffer.from('held back') }], producerId, producerEpoch,
            baseSequence: 0, isTransactional: true, timestampMs: Date.now(),
          }),
        }] }],
      }, { version: VERSION })
      throwIfRefused(responses[0]!.partitionResponses[0]!.errorCode, 'the records')
    })
  }
}
