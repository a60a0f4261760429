// What the logs of a topic work with: its own settings, over those that were set for this broker
// and for all brokers while they run (KIP-226), over the server's.

import { type ConfigsImage, ConfigType, type Settings } from '../../controller/image/configs.ts'
import type { Image } from '../../controller/image/image.ts'
import { ApiError } from '../../protocol/errors.ts'
import { type LogConfig, parseLogConfig, TOPIC_CONFIGS } from '../../storage/config.ts'
import type { Logger } from '../../storage/ports.ts'

export interface TopicConfigsOptions {
  readonly nodeId: number
  readonly logger: Logger
  /** The values of the server for topics that do not set their own. */
  readonly topicDefaults: ReadonlyMap<string, string>
}

export class TopicConfigs {
  readonly #options: TopicConfigsOptions
  /** What was looked up last: the partitions of a topic are mostly opened one after the other. */
  #newest: { configs: ConfigsImage, topic: string, config: LogConfig } | undefined
  /** Of topics without settings of their own, of which there may be thousands. */
  #inherited: { configs: ConfigsImage, config: LogConfig } | undefined

  constructor(options: TopicConfigsOptions) {
    this.#options = options
  }

  /** The same object as long as no settings change. */
  of(topic: string, { configs }: Image): LogConfig {
    if (this.#newest?.configs !== configs || this.#newest.topic !== topic) {
      this.#newest = { configs, topic, config: this.#lookUp(topic, configs) }
    }
    return this.#newest.config
  }

  #lookUp(topic: string, configs: ConfigsImage): LogConfig {
    const own = configs.of(ConfigType.TOPIC, topic)
    if (own.size > 0) return this.#parsed(topic, own, configs)
    if (this.#inherited?.configs !== configs) {
      this.#inherited = { configs, config: this.#parsed(topic, own, configs) }
    }
    return this.#inherited.config
  }

  #parsed(topic: string, own: Settings, configs: ConfigsImage): LogConfig {
    try {
      return parseLogConfig(own, this.#defaults(configs))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // Whoever set it was told; what an older version took may be no good today.
      const { logger } = this.#options
      logger.error('The settings of a topic do not hold: it has the defaults', { topic, error })
      return parseLogConfig(new Map(), this.#options.topicDefaults)
    }
  }

  #defaults(configs: ConfigsImage): ReadonlyMap<string, string> {
    const everywhere = configs.of(ConfigType.BROKER, '')
    const here = configs.of(ConfigType.BROKER, String(this.#options.nodeId))
    if (everywhere.size === 0 && here.size === 0) return this.#options.topicDefaults
    const defaults = new Map(this.#options.topicDefaults)
    for (const { name, synonym } of TOPIC_CONFIGS) {
      if (synonym === undefined) continue
      const value = here.get(synonym) ?? everywhere.get(synonym)
      if (value !== undefined) defaults.set(name, value)
    }
    return defaults
  }
}
