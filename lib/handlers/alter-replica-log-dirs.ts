// AlterReplicaLogDirs (key 34): replicas of this broker move to other log directories (KIP-113). A
// log that is not there yet will be made in the directory that it was to move to. What is answered
// is that the move has begun; DescribeLogDirs tells how far it is.
//
// No log moves to a directory that is cordoned (KIP-1066), and none begins to move while one of the
// directories is lost: what lies there could be the partition's.

import { resolve } from 'node:path'

import { ApiError, type ErrorCode, Errors } from '../../protocol/errors.ts'
import {
  alterReplicaLogDirs, type AlterReplicaLogDirsRequest, type AlterReplicaLogDirsResponse,
} from '../../protocol/messages/alter-replica-log-dirs.ts'
import { canBeMoved } from '../../storage/set-aside-names.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Result = AlterReplicaLogDirsResponse['results'][number]

export const alterReplicaLogDirsHandler = handler(alterReplicaLogDirs, handleAlterReplicaLogDirs, {
  errorAnswer: ({ dirs }, _version, errorCode) => ({
    results: resultsOf(pathsIn({ dirs }), () => errorCode),
  }),
})

function handleAlterReplicaLogDirs(
  request: AlterReplicaLogDirsRequest, _context: RequestContext, services: Services,
): AlterReplicaLogDirsResponse {
  return {
    results: resultsOf(pathsIn(request), (topic, partition, path) => {
      try {
        alter(topic, partition, path, services)
        return Errors.NONE
      } catch (error) {
        if (error instanceof ApiError) return error.code
        throw error
      }
    }),
  }
}

/** The directory that each partition is to lie in: of two, the later one. */
function pathsIn({ dirs }: AlterReplicaLogDirsRequest): Map<string, Map<number, string>> {
  const paths = new Map<string, Map<number, string>>()
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      let ofTopic = paths.get(name)
      if (ofTopic === undefined) paths.set(name, ofTopic = new Map())
      for (const partition of partitions) ofTopic.set(partition, path)
    }
  }
  return paths
}

function resultsOf(
  paths: ReadonlyMap<string, ReadonlyMap<number, string>>,
  alterOne: (topic: string, partition: number, path: string) => ErrorCode,
): Result[] {
  return [...paths].map(([topicName, ofTopic]) => ({
    topicName,
    partitions: [...ofTopic].map(([partitionIndex, path]) => (
      { partitionIndex, errorCode: alterOne(topicName, partitionIndex, path) })),
  }))
}

/** Throws the partition's `ApiError`. */
function alter(
  topic: string, index: number, path: string,
  { config, logDirectories, partitions, places, moves }: Services,
): void {
  if (!canBeMoved(topic, index)) throw new ApiError(Errors.INVALID_TOPIC_EXCEPTION)
  const destination = directoryAt(path, config.logDirs, logDirectories.all)
  if (places.isCordoned(destination)) throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT)
  const partition = partitions.get(topic, index)
  if (partition === undefined) {
    const code = partitions.errorOfAbsent(topic, index)
    if (code === Errors.KAFKA_STORAGE_ERROR) throw new ApiError(code)
    places.want(`${topic}-${index}`, destination)
    // As old clients know it.
    throw new ApiError(code === Errors.NOT_LEADER_OR_FOLLOWER ? Errors.REPLICA_NOT_AVAILABLE : code)
  }
  if (!partition.isUsable) throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
  const isAnyLost = places.hasLost || logDirectories.all.some(({ isFailed }) => isFailed)
  if (isAnyLost && moves.isNew(partition, destination)) {
    throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
  }
  moves.move(partition, destination)
  if (destination.isFailed) throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
}

/** Throws LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR. */
function directoryAt(
  path: string, logDirs: readonly string[], directories: readonly LogDirectory[],
): LogDirectory {
  const configured = logDirs.find((one) => resolve(one) === path)
  if (configured === undefined) throw new ApiError(Errors.LOG_DIR_NOT_FOUND)
  const directory = directories.find((one) => one.path === configured)
  if (directory?.isFailed !== false) throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
  return directory
}
