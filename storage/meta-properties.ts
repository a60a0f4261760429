// `meta.properties`: which node of which cluster a log directory belongs to.

import { join } from 'node:path'

import { readTextIfThere, writeFileAtomically } from './checkpoints.ts'
import type { Disk } from './disk.ts'

const FILE_NAME = 'meta.properties'

export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** The id of the directory itself (KIP-858); older directories have none. */
  readonly directoryId: string | undefined
}

/** Undefined when the directory is not formatted. Throws when the file is damaged. */
export function readMetaProperties(disk: Disk, directory: string): MetaProperties | undefined {
  const path = join(directory, FILE_NAME)
  const text = readTextIfThere(disk, path)
  if (text === undefined) return undefined
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    if (equals > 0) values.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
  }
  if (values.get('version') !== '1') {
    throw new Error(`${path}: version ${values.get('version') ?? 'missing'}, 1 is expected`)
  }
  const clusterId = values.get('cluster.id')
  const nodeId = Number(values.get('node.id') ?? NaN)
  if (clusterId === undefined || !Number.isSafeInteger(nodeId)) {
    throw new Error(`${path}: cluster.id or node.id is missing`)
  }
  return { clusterId, nodeId, directoryId: values.get('directory.id') }
}

/** Durable when it returns. */
export function writeMetaProperties(disk: Disk, directory: string, meta: MetaProperties): void {
  const lines = [
    '#', `node.id=${meta.nodeId}`,
    ...meta.directoryId === undefined ? [] : [`directory.id=${meta.directoryId}`],
    'version=1', `cluster.id=${meta.clusterId}`, '',
  ]
  writeFileAtomically(disk, join(directory, FILE_NAME), Buffer.from(lines.join('\n')))
}
