// The broker as a member of its cluster: registers, stays alive by heartbeats, and takes its leave
// (KIP-631).

import type { Controller } from '../controller/controller.ts'
import {
  brokerHeartbeat, type BrokerRegistration, type HeartbeatAnswer, registerBroker,
} from '../controller/decisions/brokers.ts'
import { ApiError, Errors } from '../protocol/errors.ts'
import type { Logger } from '../storage/ports.ts'
import type { Clock, Timer } from './world/clock.ts'

export interface BrokerLifecycleOptions {
  readonly controller: Controller
  readonly clock: Clock
  readonly logger: Logger
  readonly registration: BrokerRegistration
  /** `broker.heartbeat.interval.ms` */
  readonly heartbeatIntervalMs: number
  /** Ids of the log directories that take no new replicas. */
  cordonedLogDirs(): readonly string[]
}

/** A cluster that lets its leaders go takes no longer; what is left is done without leave. */
const LEAVE_ATTEMPTS = 20
const LEAVE_RETRY_MS = 50

export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions
  #brokerEpoch = -1
  #timer: Timer | undefined
  #isLeaving = false
  readonly #offlineLogDirs = new Set<string>()

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options
  }

  /** −1 until registered. */
  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  /**
   * Registers and resolves when the broker is unfenced: it may then lead, and clients are told of
   * it.
   */
  async join(): Promise<void> {
    const { controller, registration } = this.#options
    const { brokerEpoch } = await controller.submit(registerBroker(registration, false))
    this.#brokerEpoch = brokerEpoch
    const answer = await this.#heartbeat(false)
    if (answer.isFenced) throw new ApiError(Errors.BROKER_NOT_AVAILABLE, 'the broker stays fenced')
    this.#beatLater()
  }

  /** Nobody leads what lies in the log directory of this id, from now on (KIP-858). */
  directoryFailed(id: string): void {
    this.#offlineLogDirs.add(id)
    if (this.#brokerEpoch < 0 || this.#isLeaving) return
    this.#heartbeat(false).catch(this.#warn)
  }

  /** Which directories take no new replicas has changed. */
  directoriesCordoned(): void {
    if (this.#brokerEpoch < 0 || this.#isLeaving) return
    this.#heartbeat(false).catch(this.#warn)
  }

  /** Hands over what the broker leads, and is fenced. Gives up after a second. */
  async leave(): Promise<void> {
    if (this.#brokerEpoch < 0) return
    this.#isLeaving = true
    this.#timer?.cancel()
    for (let attempt = 0; attempt < LEAVE_ATTEMPTS; attempt++) {
      const answer = await this.#heartbeat(true)
      if (answer.shouldShutDown) return
      // A cluster of one lets its leaders go with the first of these, and says so to the second.
      if (attempt === 0) continue
      await new Promise<void>((resolve) => {
        this.#options.clock.setTimer(LEAVE_RETRY_MS, resolve)
      })
    }
    this.#options.logger.warn('Leaving the cluster without its leave: partitions still led here')
  }

  #heartbeat(wantShutDown: boolean): Promise<HeartbeatAnswer> {
    const { controller, registration } = this.#options
    return controller.submit(brokerHeartbeat({
      brokerId: registration.brokerId, brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: controller.appliedOffset, wantFence: false, wantShutDown,
      offlineLogDirs: [...this.#offlineLogDirs],
      cordonedLogDirs: this.#options.cordonedLogDirs(),
    }))
  }

  #beatLater(): void {
    const { clock, heartbeatIntervalMs } = this.#options
    if (this.#isLeaving) return
    this.#timer = clock.setTimer(heartbeatIntervalMs, () => {
      this.#heartbeat(false).catch(this.#warn).finally(() => this.#beatLater())
    })
  }

  readonly #warn = (error: unknown): void => {
    this.#options.logger.warn('A heartbeat to the controller failed', { error })
  }
}
