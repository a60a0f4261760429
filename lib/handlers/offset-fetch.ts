// OffsetFetch (key 9): how far groups have read.
//
// Versions: 1 asks one group for named partitions; from 2 null topics are all of them, and there is
// an error for the group (before, its partitions carry it); 5 tells leader epochs; 7 can ask for
// stable offsets only; 8 asks several groups; 9 lets members of the consumer protocol name
// themselves; 10 names topics by id. Partitions are not looked for: one that does not exist has no
// offset.

import type { Image } from '../../controller/image/image.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import { offsetFetch, type OffsetFetchRequest, type OffsetFetchResponse }
  from '../../protocol/messages/offset-fetch.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { type AskedTopic, type FetchedTopic, noOffset } from '../coordinators/groups/fetch.ts'
import { promised } from '../coordinators/map-later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const GROUP_ERROR_SINCE = 2
const GROUPS_SINCE = 8
const TOPIC_IDS_SINCE = 10
/** Of nobody in particular. */
const NO_EPOCH = -1

interface AskedGroup {
  readonly groupId: string
  readonly topics: readonly AskedTopic[] | null
  /** Of a member of a consumer group (version 9). */
  readonly memberId?: string | null
  readonly memberEpoch?: number
}

interface FetchedGroup {
  readonly groupId: string
  readonly topics: readonly FetchedTopic[]
  readonly errorCode: number
}

export const offsetFetchHandler = handler(offsetFetch, handleOffsetFetch, {
  errorAnswer: (request, apiVersion, errorCode) =>
    inVersion(askedGroups(request, apiVersion)
      .map((group) => failedGroup(group, errorCode, apiVersion)), apiVersion),
})

async function handleOffsetFetch(
  request: OffsetFetchRequest, { apiVersion }: RequestContext, services: Services,
): Promise<OffsetFetchResponse> {
  const fetched = await Promise.all(askedGroups(request, apiVersion)
    .map((group) => fetchGroup(group, request.requireStable, apiVersion, services)))
  return inVersion(fetched, apiVersion)
}

function askedGroups(request: OffsetFetchRequest, apiVersion: number): readonly AskedGroup[] {
  if (apiVersion >= GROUPS_SINCE) return request.groups
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
  return [{ groupId: request.groupId, topics }]
}

function inVersion(groups: readonly FetchedGroup[], apiVersion: number): OffsetFetchResponse {
  if (apiVersion >= GROUPS_SINCE) return { groups }
  const { topics, errorCode } = groups[0]!
  return { topics, errorCode }
}

async function fetchGroup(
  group: AskedGroup, requireStable: boolean, apiVersion: number,
  { controller, groups }: Services,
): Promise<FetchedGroup> {
  const { groupId } = group
  const byId = apiVersion >= TOPIC_IDS_SINCE
  const { known, unknown } = byId
    ? named(controller.image, group.topics)
    : { known: group.topics, unknown: [] }
  try {
    const { memberId = null, memberEpoch = NO_EPOCH } = group
    const topics = await promised(
      groups.fetchOffsets(groupId, known, requireStable, { memberId, memberEpoch }))
    const answered = byId && known === null ? identified(controller.image, topics) : topics
    return { groupId, topics: [...answered, ...unknown], errorCode: Errors.NONE }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return failedGroup(group, error.code, apiVersion)
  }
}

/** Topics by id get their names; there is no offset for one that does not exist. */
function named(
  { topics }: Image, asked: readonly AskedTopic[] | null,
): { known: AskedTopic[] | null, unknown: FetchedTopic[] } {
  if (asked === null) return { known: null, unknown: [] }
  const known: AskedTopic[] = []
  const unknown: FetchedTopic[] = []
  for (const topic of asked) {
    const name = topics.byId(topic.topicId)?.name
    if (name === undefined) unknown.push(withError(topic, Errors.UNKNOWN_TOPIC_ID))
    else known.push({ ...topic, name })
  }
  return { known, unknown }
}

/** Topics that were deleted since have no id to be told by. */
function identified({ topics }: Image, fetched: readonly FetchedTopic[]): FetchedTopic[] {
  return fetched.flatMap((topic) => {
    const topicId = topics.byName(topic.name)?.id
    return topicId === undefined ? [] : [{ ...topic, topicId }]
  })
}

/** Kafka says these of partitions, never of a group. */
const PARTITION_ERRORS: ReadonlySet<number> = new Set([
  Errors.UNSTABLE_OFFSET_COMMIT, Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_ID,
  Errors.TOPIC_AUTHORIZATION_FAILED,
])

function failedGroup(
  { groupId, topics }: AskedGroup, errorCode: number, apiVersion: number,
): FetchedGroup {
  const isOfPartitions = PARTITION_ERRORS.has(errorCode) && topics !== null
  if (apiVersion >= GROUP_ERROR_SINCE && !isOfPartitions) return { groupId, topics: [], errorCode }
  return {
    groupId,
    topics: (topics ?? []).map((topic) => withError(topic, errorCode)),
    errorCode: Errors.NONE,
  }
}

function withError(
  { name, topicId, partitionIndexes }: AskedTopic, errorCode: number,
): FetchedTopic {
  return {
    name, topicId, partitions: partitionIndexes.map((index) => noOffset(index, errorCode)),
  }
}
