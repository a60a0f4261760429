// Names of directories that lie beside those of partitions for a while: the partition's with an id
// and what becomes of it, as Kafka has them.

import { createHash } from 'node:crypto'

import type { Disk } from './disk.ts'

/** Its files wait to be removed. */
export const DELETE_SUFFIX = '-delete'
/** It is of no partition of this node. */
export const STRAY_SUFFIX = '-stray'
/** It is to take the place of the partition's log in another directory. */
export const FUTURE_SUFFIX = '-future'

/** Longer names than this no file system takes. */
const MAX_NAME_LENGTH = 255
/** Beside the name of the partition: a dot, 32 hexadecimal digits, and `-future`. */
const FUTURE_LENGTH = 40

/** Kafka refuses to move a partition whose future name would be too long. */
export function canBeMoved(topic: string, partition: number): boolean {
  return `${topic}-${partition}`.length + FUTURE_LENGTH <= MAX_NAME_LENGTH
}

/**
 * A path in the directory that nothing lies under: a partition can come and go more than once. Of a
 * long topic the name is cut.
 */
export function freePath(
  disk: Disk, directory: string, name: string,
  { suffix, salt, nowMs }: { suffix: string, salt: string, nowMs: number },
): string {
  const dash = name.lastIndexOf('-')
  for (let attempt = 0; ; attempt++) {
    const id = createHash('md5').update(`${salt} ${nowMs} ${attempt}`).digest('hex')
    const ending = `${name.slice(dash)}.${id}${suffix}`
    const topic = name.slice(0, Math.min(dash, MAX_NAME_LENGTH - ending.length))
    const path = `${directory}/${topic}${ending}`
    if (!disk.exists(path)) return path
  }
}
