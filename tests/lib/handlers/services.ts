// What handlers see in a test: metadata that is decided at once, and a configuration.

import type { Decision } from '../../../controller/decisions/decision.ts'
import { CONFIGURED_QUORUM } from '../../../controller/raft/quorum.ts'
import { DEVELOPMENT, parseConfig } from '../../../lib/config.ts'
import { Client } from '../../../lib/server/client.ts'
import type { RequestContext } from '../../../lib/server/handler.ts'
import type { Services } from '../../../lib/services.ts'
import { Cluster, settings } from '../../controller/harness.ts'

export const NODE_ID = 1

/** A cluster of one node; `config` is what a file would give. */
export function servicesOf(
  cluster: Cluster, config: Record<string, string> = {}, more: Partial<Services> = {},
): Services {
  const controller = {
    get image() { return cluster.image },
    appliedOffset: 0,
    quorum: CONFIGURED_QUORUM,
    submit: async <A>(decision: Decision<A>): Promise<A> => cluster.decide(decision),
  }
  return {
    controller, apis: [],
    config: parseConfig(new Map(Object.entries(config)), () => {}, { base: DEVELOPMENT }),
    broker: { nodeId: NODE_ID, clusterId: settings.clusterId, rack: null, listeners: [] },
    ...more,
  } as unknown as Services
}

export function contextOf(apiVersion: number): RequestContext {
  return {
    apiVersion, listenerName: 'PLAINTEXT', listenerKind: 'broker', nowMs: 0,
    client: new Client(50_000), connectionId: 1, clientId: 'test', clientAddress: '127.0.0.1',
  } as unknown as RequestContext
}

export function joined(): Cluster {
  const cluster = new Cluster()
  cluster.join(NODE_ID)
  return cluster
}
