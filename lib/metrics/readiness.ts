// Whether a node can be sent clients, and if not, why, in words.

import type { Node } from '../node.ts'

/** What is asked of a node. */
export type Watched = Pick<Node, 'step' | 'config' | 'directories' | 'server' | 'services'
  | 'cleaning'>

/** Undefined for a node that is ready. */
export function whyNotReady(node: Watched): string | undefined {
  if (node.step !== undefined) return `the broker ${node.step}`
  const { controller, broker: { nodeId } } = node.services
  const self = controller.image.brokers.get(nodeId)
  if (self === undefined) return 'the broker is not registered with its cluster'
  if (self.fenced) return 'the broker is fenced'
  const behind = controller.raftState.highWatermark - 1 - controller.appliedOffset
  if (behind > 0) return `the metadata lags behind by ${behind} records`
  const offline = offlineDirectories(node)
  if (offline.length === 0) return undefined
  const [is, directories] = offline.length === 1 ? ['is', 'directory'] : ['are', 'directories']
  return `the log ${directories} ${offline.join(', ')} ${is} offline`
}

/** Of `log.dirs`, those that failed, at the start or since. */
function offlineDirectories({ config, directories }: Watched): string[] {
  const online = new Set(directories?.all.filter(({ isFailed }) => !isFailed)
    .map(({ path }) => path))
  return [...new Set(config.logDirs)].filter((path) => !online.has(path))
}
