// The brokers and controllers that are registered.

import { Map as PersistentMap } from 'immutable'

export interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL */
  readonly securityProtocol: number
}

export interface SupportedRange {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

export interface Broker {
  readonly id: number
  /** The offset of the registration in the metadata log: tells incarnations apart (KIP-631). */
  readonly epoch: number
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
  readonly features: readonly SupportedRange[]
  readonly rack: string | null
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** Directory ids of the log directories that are online. */
  readonly logDirs: readonly string[]
  /** Null before the broker told. */
  readonly cordonedLogDirs: readonly string[] | null
}

export interface ControllerRegistration {
  readonly id: number
  readonly incarnationId: string
  readonly zkMigrationReady: boolean
  readonly endpoints: readonly Endpoint[]
  readonly features: readonly SupportedRange[]
}

export class BrokersImage {
  static readonly empty = new BrokersImage(PersistentMap(), PersistentMap())
  readonly brokers: PersistentMap<number, Broker>
  readonly controllers: PersistentMap<number, ControllerRegistration>

  constructor(
    brokers: PersistentMap<number, Broker>,
    controllers: PersistentMap<number, ControllerRegistration>,
  ) {
    this.brokers = brokers
    this.controllers = controllers
  }

  get(id: number): Broker | undefined {
    return this.brokers.get(id)
  }

  /** All registered brokers, fenced ones too, by id. */
  all(): Broker[] {
    return [...this.brokers.values()].sort((a, b) => a.id - b.id)
  }

  /** Brokers that are not fenced: what clients are told of. */
  alive(): Broker[] {
    return this.all().filter((broker) => !broker.fenced)
  }

  /** Neither fenced nor on its way out: may lead and may join an ISR. */
  isActive(id: number): boolean {
    const broker = this.brokers.get(id)
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
  }

  withBroker(broker: Broker): BrokersImage {
    return new BrokersImage(this.brokers.set(broker.id, broker), this.controllers)
  }

  withoutBroker(id: number): BrokersImage {
    return new BrokersImage(this.brokers.delete(id), this.controllers)
  }

  withController(controller: ControllerRegistration): BrokersImage {
    return new BrokersImage(this.brokers, this.controllers.set(controller.id, controller))
  }

  withoutController(id: number): BrokersImage {
    return new BrokersImage(this.brokers, this.controllers.delete(id))
  }
}
