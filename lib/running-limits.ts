// Who may connect, as settings and the quotas of addresses have it, also while the node runs: as
// they change, the limits of the server do.

import { isDeepStrictEqual } from 'node:util'

import type { Controller } from '../controller/controller.ts'
import { type ClientDataImage, entityOf } from '../controller/image/client-data.ts'
import { ApiError } from '../protocol/errors.ts'
import type { Logger } from '../storage/ports.ts'
import type { Config } from './config.ts'
import { pairsIn } from './config/pairs.ts'
import type { RunningSettings } from './config/running.ts'
import type { ConnectionLimitOptions } from './server/connection-limits.ts'
import type { Server } from './server/server.ts'

const OVERRIDES = 'max.connections.per.ip.overrides'
const RATE = 'connection_creation_rate'

export interface RunningLimitsOptions {
  readonly config: Pick<Config, 'interBrokerListenerName'>
  readonly settings: RunningSettings
  readonly controller: Pick<Controller, 'image' | 'subscribe'>
  readonly server: Pick<Server, 'limit'>
  readonly logger: Logger
}

/** `connection_creation_rate` by address (KIP-612). */
export interface AddressRates {
  /** Of all that have none of their own. */
  readonly others: number
  readonly own: ReadonlyMap<string, number>
}

export const NO_RATES: AddressRates = { others: Infinity, own: new Map() }

/** What settings and quotas say about who may connect. */
export function connectionLimits(
  { interBrokerListenerName }: Pick<Config, 'interBrokerListenerName'>, settings: RunningSettings,
  { others, own }: AddressRates = NO_RATES,
): ConnectionLimitOptions {
  const overrides = pairsIn(OVERRIDES, settings.value('max.connections.per.ip.overrides'))
  return {
    most: settings.value('max.connections'),
    mostPerSecond: settings.value('max.connection.creation.rate'),
    ofListener: (name) => {
      const most = settings.ofListener(name, 'max.connections')
      const mostPerSecond = settings.ofListener(name, 'max.connection.creation.rate')
      return {
        ...most !== undefined && { most }, ...mostPerSecond !== undefined && { mostPerSecond },
      }
    },
    mostPerAddress: settings.value('max.connections.per.ip'),
    overrides: new Map(overrides.map(([host, count]) => [host, Number(count)])),
    addressRate: others, addressRates: own,
    interBrokerListener: interBrokerListenerName?.toUpperCase() ?? 'PLAINTEXT',
  }
}

export class RunningLimits {
  readonly #options: RunningLimitsOptions
  #rates = NO_RATES
  #undo: (() => void)[] = []

  constructor(options: RunningLimitsOptions) {
    this.#options = options
  }

  /** With those that were set before the node was started. */
  start(): void {
    const { settings, controller } = this.#options
    this.#undo = [
      settings.onChange([
        'max.connections', 'max.connections.per.ip', OVERRIDES, 'max.connection.creation.rate',
      ], () => this.#apply()),
      controller.subscribe(({ clientData }, { before, isSnapshot }) => {
        if (!isSnapshot && clientData === before.clientData) return
        const rates = addressRates(clientData)
        // Quotas of others change, and credentials, and there may be names to look up.
        if (!isSnapshot && isDeepStrictEqual(rates, this.#rates)) return
        this.#rates = rates
        this.#apply()
      }),
    ]
  }

  stop(): void {
    for (const undo of this.#undo) undo()
  }

  #apply(): void {
    const { config, settings, server, logger } = this.#options
    const failed = (error: unknown): void => {
      logger.error('The limits of hosts stay what they were', { setting: OVERRIDES, error })
    }
    try {
      server.limit(connectionLimits(config, settings, this.#rates)).catch(failed)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failed(error)
    }
  }
}

function addressRates(clientData: ClientDataImage): AddressRates {
  let others = Infinity
  const own = new Map<string, number>()
  for (const quota of clientData.ofType('clientQuota')) {
    if (quota.key !== RATE) continue
    const address = entityOf(quota).get('ip')
    if (address === null) others = quota.value
    else if (address !== undefined) own.set(address, quota.value)
  }
  return { others, own }
}
