// The records of the metadata log, and how one stands in the value of a log record: a frame
// version, the record's type and its version (varints), then the record itself.

import { decodeMessage, DecodeError, encodeMessage } from '../protocol/compile.ts'
import type { Decoded, Encodable, Message } from '../protocol/schema.ts'
import { abortTransactionRecord } from './records/abort-transaction-record.ts'
import { accessControlEntryRecord } from './records/access-control-entry-record.ts'
import { beginTransactionRecord } from './records/begin-transaction-record.ts'
import { brokerRegistrationChangeRecord } from './records/broker-registration-change-record.ts'
import { clearElrRecord } from './records/clear-elr-record.ts'
import { clientQuotaRecord } from './records/client-quota-record.ts'
import { configRecord } from './records/config-record.ts'
import { delegationTokenRecord } from './records/delegation-token-record.ts'
import { endTransactionRecord } from './records/end-transaction-record.ts'
import { featureLevelRecord } from './records/feature-level-record.ts'
import { fenceBrokerRecord } from './records/fence-broker-record.ts'
import { noOpRecord } from './records/no-op-record.ts'
import { partitionChangeRecord } from './records/partition-change-record.ts'
import { partitionRecord } from './records/partition-record.ts'
import { producerIdsRecord } from './records/producer-ids-record.ts'
import { registerBrokerRecord } from './records/register-broker-record.ts'
import { registerControllerRecord } from './records/register-controller-record.ts'
import { removeAccessControlEntryRecord } from './records/remove-access-control-entry-record.ts'
import { removeDelegationTokenRecord } from './records/remove-delegation-token-record.ts'
import { removeTopicRecord } from './records/remove-topic-record.ts'
import { removeUserScramCredentialRecord } from './records/remove-user-scram-credential-record.ts'
import { topicRecord } from './records/topic-record.ts'
import { unfenceBrokerRecord } from './records/unfence-broker-record.ts'
import { unregisterBrokerRecord } from './records/unregister-broker-record.ts'
import { unregisterControllerRecord } from './records/unregister-controller-record.ts'
import { userScramCredentialRecord } from './records/user-scram-credential-record.ts'
import { zkMigrationStateRecord } from './records/zk-migration-state-record.ts'

const FRAME_VERSION = 1

interface RecordType<M extends Message> {
  readonly key: number
  readonly message: M
}

function type<M extends Message>(key: number, message: M): RecordType<M> {
  return { key, message }
}

/** Every record by our name for it, with its number ("apiKey"). */
export const RECORD_TYPES = {
  registerBroker: type(0, registerBrokerRecord),
  unregisterBroker: type(1, unregisterBrokerRecord),
  topic: type(2, topicRecord),
  partition: type(3, partitionRecord),
  config: type(4, configRecord),
  partitionChange: type(5, partitionChangeRecord),
  fenceBroker: type(7, fenceBrokerRecord),
  unfenceBroker: type(8, unfenceBrokerRecord),
  removeTopic: type(9, removeTopicRecord),
  delegationToken: type(10, delegationTokenRecord),
  userScramCredential: type(11, userScramCredentialRecord),
  featureLevel: type(12, featureLevelRecord),
  clientQuota: type(14, clientQuotaRecord),
  producerIds: type(15, producerIdsRecord),
  brokerRegistrationChange: type(17, brokerRegistrationChangeRecord),
  accessControlEntry: type(18, accessControlEntryRecord),
  removeAccessControlEntry: type(19, removeAccessControlEntryRecord),
  noOp: type(20, noOpRecord),
  zkMigration: type(21, zkMigrationStateRecord),
  removeUserScramCredential: type(22, removeUserScramCredentialRecord),
  beginTransaction: type(23, beginTransactionRecord),
  endTransaction: type(24, endTransactionRecord),
  abortTransaction: type(25, abortTransactionRecord),
  removeDelegationToken: type(26, removeDelegationTokenRecord),
  registerController: type(27, registerControllerRecord),
  clearElr: type(28, clearElrRecord),
  unregisterController: type(29, unregisterControllerRecord),
} as const

type Types = typeof RECORD_TYPES
export type RecordName = keyof Types
type MessageOf<N extends RecordName> = Types[N]['message']

/** A record as it was read. */
export type MetadataRecord = {
  [N in RecordName]: {
    readonly type: N
    readonly version: number
    readonly data: Decoded<MessageOf<N>>
  }
}[RecordName]

/** A record to be written. */
export interface NewRecord {
  readonly type: RecordName
  readonly bytes: Buffer
}

/** Makes a record, encoded at once: what is written, and later applied, cannot change any more. */
export function record<N extends RecordName>(
  name: N, version: number, data: Encodable<MessageOf<N>>,
): NewRecord {
  const { key, message } = RECORD_TYPES[name]
  const body = encodeMessage(message as Message, version, data)
  // All three numbers are below 128: one byte each.
  return { type: name, bytes: Buffer.concat([Buffer.from([FRAME_VERSION, key, version]), body]) }
}

/** One of very many: made when its bytes are asked for, out of what cannot change. */
export function lateRecord(type: RecordName, make: () => NewRecord): NewRecord {
  let made: NewRecord | undefined
  return { type, get bytes() { return (made ??= make()).bytes } }
}

/** A record that was read, to be written again as it was. */
export function recordAgain({ type: name, version, data }: MetadataRecord): NewRecord {
  return record(name, version, data as never)
}

const NAMES_BY_KEY: ReadonlyMap<number, RecordName> = new Map(
  Object.entries(RECORD_TYPES).map(([name, { key }]) => [key, name as RecordName]))

/** Reads the value of a record of the metadata log. Throws `DecodeError`. */
export function readRecord(value: Buffer): MetadataRecord {
  const [frameVersion = -1, key = -1, version = -1] = value
  if (frameVersion !== FRAME_VERSION) {
    throw new DecodeError(`metadata record with frame version ${frameVersion}`)
  }
  const name = NAMES_BY_KEY.get(key)
  if (name === undefined) throw new DecodeError(`metadata record of unknown type ${key}`)
  const { message } = RECORD_TYPES[name]
  if (version < message.versions[0] || version > message.versions[1]) {
    throw new DecodeError(`${message.name} of unknown version ${version}`)
  }
  const data = decodeMessage(message as Message, version, value, 3)
  return { type: name, version, data } as MetadataRecord
}
