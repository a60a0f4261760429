// All that handlers may use. Handlers see these, never sockets, files or timers of their own.

import type { Controller } from '../controller/controller.ts'
import type { Api, VersionRange } from '../protocol/schema.ts'
import type { Logger } from '../storage/ports.ts'
import type { ClientTelemetry } from './client-telemetry.ts'
import type { Config } from './config.ts'
import type { GroupCoordinator } from './coordinators/groups/coordinator.ts'
import type { Transactions } from './coordinators/transactions/wiring.ts'
import type { LogDirectories } from './log-directories.ts'
import type { FetchSessions } from './replication/fetch-sessions.ts'
import type { Partitions } from './replication/partitions.ts'
import type { ReplicaMoves } from './replication/replica-moves.ts'
import type { ReplicaPlaces } from './replication/replica-places.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Clock } from './world/clock.ts'
import type { Random } from './world/random.ts'
import type { Turn } from './world/turn.ts'

/**
 * A listener as clients are told of it: what Metadata and DescribeCluster answer for the listener
 * they came by.
 */
export interface AdvertisedListener {
  /** Upper case, as in `listeners`: PLAINTEXT, CONTROLLER, … */
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface BrokerInfo {
  readonly nodeId: number
  readonly clusterId: string
  readonly rack: string | null
  readonly listeners: readonly AdvertisedListener[]
}

/** An API that this node serves, and the versions it tells of. */
export interface ServedApi {
  readonly api: Api
  readonly advertise: VersionRange
  readonly options: { readonly isHidden?: boolean }
}

export interface Services {
  readonly config: Config
  readonly clock: Clock
  readonly turn: Turn
  readonly random: Random
  readonly logger: Logger
  readonly broker: BrokerInfo
  readonly controller: Controller
  readonly partitions: Partitions
  readonly moves: ReplicaMoves
  readonly places: ReplicaPlaces
  readonly groups: GroupCoordinator
  readonly transactions: Transactions
  readonly fetchSessions: FetchSessions
  readonly producerIds: ProducerIds
  readonly telemetry: ClientTelemetry
  readonly logDirectories: Pick<LogDirectories, 'all' | 'idOf' | 'spaceOf'>
  /** What this node serves: ApiVersions is derived from it. */
  readonly apis: readonly ServedApi[]
}
