// CreateTopics: names, counts, assignments and configs checked one topic at a time, as Kafka's
// controller does.

import { ApiError, Errors, type ErrorCode } from '../../protocol/errors.ts'
import type {
  CreateTopicsRequest, CreateTopicsResponse,
} from '../../protocol/messages/create-topics.ts'
import { ConfigType, type Settings } from '../image/configs.ts'
import { hasCollisionChars, type Partition } from '../image/topics.ts'
import { partitionRecord } from '../image/records-of.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import { effectiveTopicSettings, SOURCE_NUMBERS } from '../topic-settings.ts'
import { checkTopicName } from '../topic-names.ts'
import { alterConfig, type ConfigChange } from './alter-configs.ts'
import { assignedPartition, type PlacedPartitions, placedPartitions } from './assignments.ts'
import type { Decision, DecisionContext } from './decision.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]
type Result = CreateTopicsResponse['topics'][number]
type Told = NonNullable<Result['configs']>

/** What is the same for all topics of a request, and found out once. */
interface Creation {
  readonly context: DecisionContext
  readonly placed: PlacedPartitions
  /** The settings of a topic as the answer tells them. */
  readonly told: (own: Settings) => Told
}

/** Beyond this many partitions in one request the controller refuses it. */
export const MAX_PARTITIONS_PER_REQUEST = 10_000

/** Topics in the order of the request. Throws POLICY_VIOLATION for too many partitions. */
export function createTopics(
  request: Pick<CreateTopicsRequest, 'topics' | 'validateOnly'>,
): Decision<readonly Result[]> {
  return (context) => {
    checkPartitionCount(request.topics, context.settings.defaultPartitions)
    const records: NewRecord[] = []
    const creation = { context, placed: placedPartitions(context), told: toldSettings(context) }
    const results = request.topics.map((topic): Result => {
      try {
        const created = createTopic(creation, topic)
        records.push(...created.records)
        return created.result
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return failed(topic.name, error.code, error.message)
      }
    })
    return { records: request.validateOnly ? [] : records, answer: results }
  }
}

function failed(name: string, errorCode: ErrorCode, errorMessage: string): Result {
  return { name, errorCode, errorMessage }
}

function checkPartitionCount(topics: readonly CreatableTopic[], defaultPartitions: number): void {
  let total = 0
  for (const { assignments, numPartitions } of topics) {
    total += assignments.length > 0 ? assignments.length
      : numPartitions === -1 ? defaultPartitions : Math.max(numPartitions, 0)
  }
  if (total > MAX_PARTITIONS_PER_REQUEST) {
    throw new ApiError(
      Errors.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  }
}

function createTopic(
  creation: Creation, topic: CreatableTopic,
): { records: NewRecord[], result: Result } {
  const { context } = creation
  checkName(context, topic.name)
  const changes = configChanges(topic)
  const configs = changes.size === 0 ? []
    : alterConfig(context, ConfigType.TOPIC, topic.name, changes, { isNew: true })
  const partitions = topic.assignments.length > 0
    ? assignedPartitions(context, topic) : countedPartitions(creation, topic)
  const topicId = context.random.uuid()
  return {
    records: [
      record('topic', 0, { name: topic.name, topicId }),
      ...configs,
      ...partitions.map((partition, index) => (
        partitionRecord(context.image.features, topicId, index, partition)
      )),
    ],
    result: succeeded(creation, topic, topicId, partitions),
  }
}

function checkName({ image }: DecisionContext, name: string): void {
  if (image.topics.byName(name)) {
    throw new ApiError(Errors.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  }
  const other = hasCollisionChars(name) ? image.topics.collisionWith(name) : undefined
  if (other !== undefined) {
    throw new ApiError(Errors.INVALID_TOPIC_EXCEPTION,
      `Topic '${name}' collides with existing topic: ${other}`)
  }
  checkTopicName(name)
}

function configChanges({ configs }: CreatableTopic): Map<string, ConfigChange> {
  const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    throw new ApiError(Errors.INVALID_CONFIG,
      `Null value not supported for topic configs: ${nulls.join(',')}`)
  }
  return new Map(configs.map(({ name, value }) => [name, { operation: 'set', value: value! }]))
}

function assignedPartitions(context: DecisionContext, topic: CreatableTopic): Partition[] {
  const { assignments, replicationFactor, numPartitions } = topic
  const conflict = (what: string): ApiError => new ApiError(Errors.INVALID_REQUEST,
    `A manual partition assignment was specified, but ${what} was not set to -1.`)
  if (replicationFactor !== -1) throw conflict('replication factor')
  if (numPartitions !== -1) throw conflict('numPartitions')
  const partitions = new Map<number, Partition>()
  let expected: number | undefined
  for (const { partitionIndex, brokerIds } of assignments) {
    if (partitions.has(partitionIndex)) {
      throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`)
    }
    partitions.set(partitionIndex,
      assignedPartition(context, partitionIndex, brokerIds, expected))
    expected = brokerIds.length
  }
  return assignments.map((_, index) => {
    const partition = partitions.get(index)
    if (partition) return partition
    throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT,
      'partitions should be a consecutive 0-based integer sequence')
  })
}

function countedPartitions(
  { context, placed }: Creation, topic: CreatableTopic,
): Partition[] {
  const { defaultPartitions, defaultReplicationFactor } = context.settings
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new ApiError(Errors.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.')
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new ApiError(Errors.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.')
  }
  const count = topic.numPartitions === -1 ? defaultPartitions : topic.numPartitions
  const factor = topic.replicationFactor === -1
    ? defaultReplicationFactor : topic.replicationFactor
  try {
    return placed(count, factor)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new ApiError(error.code,
      `Unable to replicate the partition ${factor} time(s): ${error.message}`)
  }
}

function succeeded(
  { told }: Creation, topic: CreatableTopic, topicId: string, partitions: Partition[],
): Result {
  const own = new Map(topic.configs.map(({ name, value }) => [name, value!]))
  return {
    name: topic.name, topicId, errorCode: Errors.NONE, errorMessage: null,
    topicConfigErrorCode: Errors.NONE,
    numPartitions: partitions.length,
    replicationFactor: partitions[0]!.replicas.length,
    configs: told(own),
  }
}

/** Topics without settings of their own share one list: there may be thousands. */
function toldSettings({ image, settings }: DecisionContext): Creation['told'] {
  const effective = effectiveTopicSettings(image, settings)
  const toldOf = (own: Settings): Told => effective(own)
    .map(({ name, value, source, isSensitive }) => ({
      name, value, readOnly: false, configSource: SOURCE_NUMBERS[source], isSensitive,
    }))
  const inherited = toldOf(new Map())
  return (own) => own.size === 0 ? inherited : toldOf(own)
}
