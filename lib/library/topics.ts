// Topics of a broker, created and deleted as an administration client would.

import { isInternalTopic } from '../../controller/topic-names.ts'
import { Errors } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { createTopicsHandler } from '../handlers/create-topics.ts'
import { deleteTopicsHandler } from '../handlers/delete-topics.ts'
import type { Services } from '../services.ts'
import type { TopicDescription, TopicOptions, Topics } from './api.ts'
import { checkDeletedTopics, checkNewTopic } from './checks.ts'
import { throwIfError } from './errors.ts'
import { ask } from './requests.ts'
import { textOfSettings } from './settings.ts'

const TIMEOUT_MS = 60_000
/** The cluster's default. */
const DEFAULT = -1

export function topicsOf(services: () => Services): Topics {
  return {
    create: async (name, options = {}) => {
      checkNewTopic(name, options)
      return createTopics(services(), [{ ...options, name }])
    },
    list: async () => listTopics(services()),
    delete: async (...names) => {
      checkDeletedTopics(names)
      return deleteTopics(services(), names)
    },
  }
}

/** Rejects with KafkaError for the first that could not be created; the others are there then. */
export async function createTopics(
  services: Services, topics: readonly TopicOptions[],
): Promise<void> {
  if (topics.length === 0) return
  const { response } = await ask(services, createTopicsHandler, {
    topics: topics.map(({ name, partitions = DEFAULT, configs = {} }) => ({
      name, numPartitions: partitions, replicationFactor: DEFAULT, assignments: [],
      configs: [...textOfSettings(configs)].map(([key, value]) => ({ name: key, value })),
    })),
    timeoutMs: TIMEOUT_MS, validateOnly: false,
  })
  for (const { name, errorCode, errorMessage } of response.topics) {
    throwIfError(errorCode, `topic ${name}`, errorMessage)
  }
}

/** As `createTopics`; those that are there already stay as they are. */
export async function createMissing(
  services: Services, topics: readonly TopicOptions[],
): Promise<void> {
  const { topics: known } = services.controller.image
  await createTopics(services, topics.filter(({ name }) => known.byName(name) === undefined))
}

/** As a producer does by asking for its metadata; that somebody else was faster is no matter. */
export async function createIfAllowed(services: Services, topic: string): Promise<void> {
  if (!services.config.autoCreateTopicsEnable) return
  const { response } = await ask(services, createTopicsHandler, {
    topics: [{
      name: topic, numPartitions: DEFAULT, replicationFactor: DEFAULT, assignments: [], configs: [],
    }],
    timeoutMs: TIMEOUT_MS, validateOnly: false,
  })
  for (const { errorCode, errorMessage } of response.topics) {
    if (errorCode === Errors.TOPIC_ALREADY_EXISTS) continue
    throwIfError(errorCode, `topic ${topic}`, errorMessage)
  }
}

function listTopics({ controller }: Services): TopicDescription[] {
  return [...controller.image.topics.all()]
    .filter(({ name }) => !isInternalTopic(name))
    .map(({ name, id, partitions }) => ({ name, id, partitions: partitions.size }))
    .sort((a, b) => a.name < b.name ? -1 : 1)
}

async function deleteTopics(services: Services, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const { response } = await ask(services, deleteTopicsHandler, {
    topics: names.map((name) => ({ name, topicId: ZERO_UUID })), topicNames: [],
    timeoutMs: TIMEOUT_MS,
  })
  for (const { name, errorCode, errorMessage } of response.responses) {
    throwIfError(errorCode, `topic ${name}`, errorMessage)
  }
}
