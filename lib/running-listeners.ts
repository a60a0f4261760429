// Listeners that are opened and closed while the node runs, as `listeners` of the broker is set
// dynamically (KIP-226). Clients are told of none of them: what is advertised is what a start says.

import type { Controller } from '../controller/controller.ts'
import { ConfigType } from '../controller/image/configs.ts'
import type { Image } from '../controller/image/image.ts'
import { ApiError } from '../protocol/errors.ts'
import type { Logger } from '../storage/ports.ts'
import type { Config } from './config.ts'
import { type DynamicEndpoint, readListeners } from './config/dynamic-listeners.ts'
import { effectsOf } from './config/effective.ts'
import type { Server } from './server/server.ts'

export interface RunningListenersOptions {
  readonly config: Config
  readonly controller: Pick<Controller, 'image' | 'subscribe'>
  readonly server: Pick<Server, 'bind' | 'unbind'>
  readonly logger: Logger
}

export class RunningListeners {
  readonly #options: RunningListenersOptions
  /** Names of those of the broker that are open, or being opened. */
  readonly #open: Set<string>
  #work: Promise<void> = Promise.resolve()
  #unsubscribe: (() => void) | undefined

  constructor(options: RunningListenersOptions) {
    this.#options = options
    this.#open = new Set(options.config.brokerListeners.map(({ name }) => name))
  }

  /** With those that were set before the node was started. */
  start(): void {
    const { controller, config: { nodeId } } = this.#options
    const own = `${ConfigType.BROKER}:${nodeId}`
    this.#unsubscribe = controller.subscribe((image, { configs, isSnapshot }) => {
      if (isSnapshot || [...configs].includes(own)) this.#follow(image)
    })
  }

  /** Resolves when nothing is being opened or closed any more. */
  async stop(): Promise<void> {
    this.#unsubscribe?.()
    await this.#work
  }

  #follow(image: Image): void {
    const wanted = this.#wanted(image)
    if (wanted === undefined) return
    const names = new Set(wanted.map(({ name }) => name))
    const gone = [...this.#open].filter((name) => !names.has(name))
    const added = wanted.filter(({ name }) => !this.#open.has(name))
    for (const name of gone) this.#open.delete(name)
    for (const { name } of added) this.#open.add(name)
    this.#work = this.#work.then(async () => {
      for (const name of gone) await this.#close(name)
      for (const endpoint of added) await this.#openOne(endpoint)
    })
  }

  /** Those of the broker; undefined where what is set makes no sense, and nothing changes. */
  #wanted({ configs }: Image): readonly DynamicEndpoint[] | undefined {
    const { config, logger } = this.#options
    const here = configs.of(ConfigType.BROKER, String(config.nodeId))
    const everywhere = configs.of(ConfigType.BROKER, '')
    const { now } = effectsOf({ settings: here, isClusterDefault: false, config, everywhere, here })
    try {
      return readListeners(now, config).all
        .filter(({ name }) => !config.controllerListenerNames.includes(name))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      logger.error('The listeners that are set dynamically cannot be', { error })
      return undefined
    }
  }

  async #close(name: string): Promise<void> {
    await this.#options.server.unbind(name)
    this.#options.logger.info('A listener was closed', { listener: name })
  }

  async #openOne({ name, host, port, securityProtocol }: DynamicEndpoint): Promise<void> {
    const { server, logger } = this.#options
    if (securityProtocol !== 'PLAINTEXT') {
      const reason = `it is to speak ${securityProtocol}, Samsa speaks PLAINTEXT alone yet`
      return logger.error('A listener was not opened', { listener: name, reason })
    }
    try {
      const [bound] = await server.bind([{ name, host, port, kind: 'broker' }])
      logger.info('A listener was opened', { listener: name, host, port: bound?.port })
    } catch (error) {
      logger.error('A listener was not opened', { listener: name, host, port, error })
    }
  }
}
