// A node: one broker and controller, put together from its configuration and the world it lives in.
//
// What others stand on is started first and stopped last: ports are bound, so that they can be
// registered; directories locked and formatted; then controller, partitions, groups; then it
// serves.

import { Controller } from '../controller/controller.ts'
import { ConfigType } from '../controller/image/configs.ts'
import { SUPPORTED_FEATURES } from '../controller/image/features.ts'
import { assignReplicas } from '../controller/decisions/directories.ts'
import { Reserve } from '../storage/reserve.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import { ClientTelemetry } from './client-telemetry.ts'
import { chores, type ChoresOptions } from './chores.ts'
import { cleanerChores, type CleanerOptions, CleanerStats } from './cleaner.ts'
import type { Config, SecurityProtocol } from './config.ts'
import { RunningSettings } from './config/running.ts'
import { controllerOptions } from './controller-options.ts'
import { type DirectorySettings, directorySettings } from './directory-settings.ts'
import { groupCoordinator } from './coordinators/groups/wiring.ts'
import { transactions as transactionsOf } from './coordinators/transactions/wiring.ts'
import { handlers } from './handlers/index.ts'
import { bindListeners, type BoundListeners } from './listeners.ts'
import { LogDirectories } from './log-directories.ts'
import { Maintenance } from './maintenance.ts'
import type { RequestStats } from './metrics/request-stats.ts'
import { checkVoters, voterOf } from './quorum-voters.ts'
import { ProducerIds } from './producer-ids.ts'
import { FetchSessions } from './replication/fetch-sessions.ts'
import { Partitions } from './replication/partitions.ts'
import { ReplicaMoves } from './replication/replica-moves.ts'
import { ReplicaPlaces } from './replication/replica-places.ts'
import { ReplicationQuota } from './replication/replication-quota.ts'
import { connectionLimits, RunningLimits } from './running-limits.ts'
import { RunningListeners } from './running-listeners.ts'
import { Dispatcher } from './server/dispatch.ts'
import type { Handler } from './server/handler.ts'
import { Server } from './server/server.ts'
import type { AdvertisedListener, Services } from './services.ts'
import { environmentError, StartError } from './start-error.ts'
import { Turn } from './world/turn.ts'
import type { World } from './world/world.ts'

type Parts = Pick<Services,
  'controller' | 'partitions' | 'places' | 'moves' | 'logDirectories'>

/** The numbers that registrations give to the protocols of listeners. */
const PROTOCOL_NUMBERS: Readonly<Record<SecurityProtocol, number>> =
  { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 }

export class Node {
  readonly #config: Config
  readonly #world: World
  readonly #apis: readonly Handler[]
  readonly #turn: Turn
  readonly #settings: RunningSettings
  readonly #stats: RequestStats | undefined
  /** How the cleaning of compacted logs fares. */
  readonly cleaning = new CleanerStats()
  /** What it is about, as long as it does not serve: "opens its logs", say. */
  #step: string | undefined = 'has not begun to start'
  #server: Server | undefined
  #directories: LogDirectories | undefined
  #services: Services | undefined
  #listeners: readonly AdvertisedListener[] = []
  #clusterId = ''
  #lifecycle: BrokerLifecycle | undefined
  /** What a stop has to undo, the newest last. */
  #undo: (() => void | Promise<void>)[] = []
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #isServing = false
  #failDirectory: Partitions['failDirectory'] = () => {}
  #reserve: Reserve | undefined
  /** Ends what takes long of a start. */
  #interrupt: () => void = () => {}
  /** The first one: what follows from it tells less. */
  #failure: unknown
  readonly #fail: (error: unknown) => void
  /** Resolves with the reason if the node can no longer keep its promises: end it then. */
  readonly failed: Promise<unknown>

  /**
   * `apis`: what answers to clients; left out: all that there is. `stats`: counts their requests;
   * left out: nobody does.
   */
  constructor(
    config: Config, world: World, apis: readonly Handler[] = handlers, stats?: RequestStats,
  ) {
    this.#config = config
    this.#world = world
    this.#apis = apis
    this.#settings = new RunningSettings(config, world.logger)
    this.#stats = stats
    this.#turn = new Turn(world.clock)
    let tell: (error: unknown) => void
    this.failed = new Promise((resolve) => { tell = resolve })
    this.#fail = (error) => {
      this.#failure ??= error
      tell(error)
    }
  }

  /** Where clients and the quorum reach it, with the ports really bound. */
  get listeners(): readonly AdvertisedListener[] {
    return this.#listeners
  }

  get clusterId(): string {
    return this.#clusterId
  }

  get config(): Config {
    return this.#config
  }

  /** What it is about as long as it does not serve; undefined while it does. */
  get step(): string | undefined {
    return this.#step
  }

  /** Undefined before it has any. */
  get server(): Server | undefined {
    return this.#server
  }

  get directories(): LogDirectories | undefined {
    return this.#directories
  }

  /** What handlers work with, for requests from within the process; it serves by then. */
  get services(): Services {
    if (this.#services === undefined) throw new Error('the node does not serve yet')
    return this.#services
  }

  /**
   * Resolves when it serves. Rejects with `StartError` for what its user can mend, and when it is
   * stopped before; what had been started is stopped again.
   */
  async start(): Promise<void> {
    this.#starting = this.#start()
    try {
      await this.#starting
    } catch (error) {
      await this.stop()
      const reason = this.#failure ?? error
      throw environmentError(reason) ?? reason
    }
  }

  /** Finishes what is under way, writes everything out, and marks the directories as clean. */
  stop(): Promise<void> {
    this.#step = 'is stopping'
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    // A start under way hears of it at its next step.
    if (!this.#isServing) this.#interrupt()
    await this.#starting?.catch(() => {})
    for (const undo of this.#undo.reverse()) {
      try {
        await undo()
      } catch (error) {
        // Of a start that fails, or a node, its reason alone is told.
        const isNews = this.#isServing && this.#failure === undefined
        const tell = isNews ? this.#world.logger.error : this.#world.logger.debug
        tell('A part of the node did not stop as it should', {
          error: environmentError(error)?.message ?? error,
        })
      }
    }
    this.#undo = []
  }

  async #start(): Promise<void> {
    this.#begin('binds its ports')
    const server = this.#newServer()
    const bound = await bindListeners(this.#config, server)
    this.#begin('opens its log directories')
    this.#listeners = [...bound.broker, ...bound.controller]
    const directories = this.#open()
    this.#begin('replays the metadata')
    const controller = await this.#controller(directories)
    this.#begin('opens its logs')
    const settings = directorySettings(this.#config, controller)
    const places = this.#places(directories, settings)
    const moves = this.#moves(directories, settings, places)
    const partitions = await this.#partitions(controller, directories, places, moves)
    this.#begin('registers with its cluster')
    await this.#join(controller, directories, bound, places)
    this.#begin('begins to serve')
    this.#serve(server, { controller, partitions, places, moves, logDirectories: directories })
    this.#maintain(partitions, directories)
    this.#isServing = true
    this.#step = undefined
  }

  /** The next step of a start: throws when there is no sense in it. */
  #begin(step: string): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#stopping !== undefined) throw new StartError('stopped before it was ready')
    this.#step = step
  }

  #newServer(): Server {
    const { clock, logger, network } = this.#world
    const server = new Server({
      network, clock, logger, turn: this.#turn,
      maxRequestBytes: this.#config.socketRequestMaxBytes,
      maxIdleMs: this.#config.connectionsMaxIdleMs,
      requestMemoryBytes: this.#config.queuedMaxRequestBytes,
      connectionLimits: connectionLimits(this.#config, this.#settings),
      rateWindows: {
        count: this.#config.quotaWindowNum, sizeMs: this.#config.quotaWindowSizeSeconds * 1000,
      },
    })
    this.#undo.push(() => server.stop())
    this.#server = server
    return server
  }

  #open(): LogDirectories {
    const directories = new LogDirectories(this.#config, this.#settings, this.#world)
    // Registered first, so that locks are given back whatever happens.
    this.#undo.push(() => directories.close())
    directories.open()
    this.#directories = directories
    this.#clusterId = directories.clusterId
    return directories
  }

  get #controllerListeners(): readonly AdvertisedListener[] {
    return this.#listeners.filter(({ name }) => (
      this.#config.controllerListenerNames.includes(name)))
  }

  async #controller(directories: LogDirectories): Promise<Controller> {
    const { clusterId } = directories
    const { disk, logger } = this.#world
    this.#reserve = new Reserve(
      disk, this.#config.metadataLogDir, logger, () => directories.filled())
    this.#reserve.renew()
    const controller = new Controller(controllerOptions(
      this.#config, clusterId, this.#world, (error) => this.#fail(error),
      voterOf(this.#config.nodeId, directories.metadataId, this.#controllerListeners),
      this.#reserve,
    ))
    this.#undo.push(() => controller.stop())
    checkVoters(controller.quorum.voters, this.#config.nodeId)
    this.#interrupt = () => { void controller.stop() }
    await controller.start()
    this.#undo.push(this.#settings.follow(controller))
    return controller
  }

  async #partitions(
    controller: Controller, directories: LogDirectories, places: ReplicaPlaces,
    moves: ReplicaMoves,
  ): Promise<Partitions> {
    const { clock, logger } = this.#world
    const partitions = new Partitions({
      nodeId: this.#config.nodeId, controller, directories: directories.all, clock, logger,
      turn: this.#turn, topicDefaults: this.#config.topicDefaults, places, moves,
      metadataLogDir: this.#config.metadataLogDir,
      onDirectoryFailure: (failed) => this.#lifecycle?.directoryFailed(directories.idOf(failed)),
      onFailure: (error) => this.#fail(error),
    })
    this.#undo.push(() => partitions.stop())
    this.#failDirectory = (directory, error) => partitions.failDirectory(directory, error)
    this.#interrupt = () => partitions.stop()
    await partitions.start()
    return partitions
  }

  #places(directories: LogDirectories, { isCordoned }: DirectorySettings): ReplicaPlaces {
    const { clock, logger } = this.#world
    const places = new ReplicaPlaces({
      nodeId: this.#config.nodeId, clock, logger, hasLost: directories.hasLost, isCordoned,
      ids: new Map(directories.all.map((directory) => [directory, directories.idOf(directory)])),
    })
    this.#undo.push(() => places.stop())
    return places
  }

  #moves(
    directories: LogDirectories, { bytesPerSecond }: DirectorySettings, places: ReplicaPlaces,
  ): ReplicaMoves {
    const { clock, logger } = this.#world
    const moves = new ReplicaMoves({
      directories: directories.all, places, clock, logger, bytesPerSecond,
      quota: new ReplicationQuota({
        windows: {
          count: this.#config.alterLogDirsReplicationQuotaWindowNum,
          sizeMs: this.#config.alterLogDirsReplicationQuotaWindowSizeSeconds * 1000,
        },
        clock,
      }),
      onFailure: (directory, error) => this.#failDirectory(directory, error),
    })
    this.#undo.push(() => moves.stop())
    return moves
  }

  async #join(
    controller: Controller, directories: LogDirectories, bound: BoundListeners,
    places: ReplicaPlaces,
  ): Promise<void> {
    const { clock, logger, random } = this.#world
    const { nodeId, advertisedListeners, brokerRack, brokerHeartbeatIntervalMs } = this.#config
    const lifecycle = new BrokerLifecycle({
      controller, clock, logger, heartbeatIntervalMs: brokerHeartbeatIntervalMs,
      cordonedLogDirs: () => directories.all.filter((directory) => places.isCordoned(directory))
        .map((directory) => directories.idOf(directory)),
      registration: {
        brokerId: nodeId, clusterId: this.#clusterId, incarnationId: random.uuid(),
        listeners: bound.broker.map((listener, i) => ({
          ...listener, securityProtocol: PROTOCOL_NUMBERS[advertisedListeners[i]!.securityProtocol],
        })),
        features: SUPPORTED_FEATURES, rack: brokerRack, logDirs: directories.ids,
        previousBrokerEpoch: directories.previousBrokerEpoch,
      },
    })
    this.#lifecycle = lifecycle
    this.#undo.push(controller.subscribe((_image, { configs }) => {
      if ([...configs].some((key) => key === `${ConfigType.BROKER}:${nodeId}`)) {
        lifecycle.directoriesCordoned()
      }
    }))
    this.#undo.push(async () => {
      await lifecycle.leave()
      directories.brokerEpoch = lifecycle.brokerEpoch
    })
    await lifecycle.join()
    const { brokerEpoch } = lifecycle
    places.start((some) => controller.submit(assignReplicas(nodeId, brokerEpoch, some)))
  }

  #serve(server: Server, parts: Parts): void {
    const { controller, partitions } = parts
    const { clock, logger, random } = this.#world
    const config = this.#config
    const turn = this.#turn
    const groups = groupCoordinator({ config, clock, turn, random, logger, controller, partitions })
    groups.start()
    this.#undo.push(() => groups.stop())
    const producerIds = new ProducerIds(controller, config.nodeId)
    const transactions = transactionsOf({
      config, clock, turn, logger, controller, partitions, groups, producerIds,
    })
    transactions.coordinator.start()
    this.#undo.push(() => transactions.coordinator.stop())
    const services: Services = {
      ...parts, config, clock, turn, random, logger, groups, transactions, producerIds,
      telemetry: new ClientTelemetry({
        controller, clock, random, maxBytes: config.telemetryMaxBytes,
      }),
      broker: {
        nodeId: config.nodeId, clusterId: this.#clusterId, rack: config.brokerRack,
        listeners: this.#listeners,
      },
      fetchSessions: new FetchSessions({
        clock, random,
        maxSessions: config.maxIncrementalFetchSessionCacheSlots,
      }),
      apis: handlers,
    }
    this.#services = services
    const limits = new RunningLimits({
      config, settings: this.#settings, controller, server, logger,
    })
    limits.start()
    this.#undo.push(() => limits.stop())
    server.serve(new Dispatcher(this.#apis, services, this.#stats))
    const listeners = new RunningListeners({ config, controller, server, logger })
    listeners.start()
    // Once more, in front of the parts that requests under way still need.
    this.#undo.push(() => server.stop())
    this.#undo.push(() => listeners.stop())
  }

  #maintain(partitions: Partitions, directories: LogDirectories): void {
    const { clock, disk, logger } = this.#world
    const maintenance = new Maintenance(clock, logger)
    const options: ChoresOptions & CleanerOptions = {
      config: this.#config, settings: this.#settings, clock, disk, logger,
      directories: directories.all, stats: this.cleaning,
      onFailure: (directory, error) => partitions.failDirectory(directory, error),
      onRoom: () => partitions.roomAgain(),
      ...this.#reserve === undefined ? {} : { reserve: this.#reserve },
    }
    maintenance.start([...chores(options), ...cleanerChores(options)])
    this.#undo.push(() => maintenance.stop())
  }
}
