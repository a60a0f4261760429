// Whether a replica lies in a log directory that its broker can use (KIP-858).

import type { Image } from './image.ts'
import type { Partition } from './topics.ts'

/** The directory of a replica that lies in one that its broker does not tell of. */
const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'

export function isReplicaOnline(
  image: Pick<Image, 'brokers'>, partition: Partition, brokerId: number,
): boolean {
  const directory = partition.directories[partition.replicas.indexOf(brokerId)]
  if (directory === LOST_DIRECTORY) return false
  return !isDirectoryKnown(directory)
    || image.brokers.get(brokerId)?.logDirs.includes(directory) === true
}

/**
 * Ids below 100 are reserved: where the replica lies is not known (yet). Before 3.7-IV2 partitions
 * do not say it.
 */
export function isDirectoryKnown(directory: string | undefined): directory is string {
  if (directory === undefined) return false
  const bytes = Buffer.from(directory, 'base64url')
  return bytes.subarray(0, 15).some((byte) => byte !== 0) || bytes[15]! >= 100
}
