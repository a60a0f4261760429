// The settings that a running node goes by: what was set dynamically on it, or on all brokers,
// before what its properties say (KIP-226).

import type { Controller } from '../../controller/controller.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import type { Image } from '../../controller/image/image.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Config } from '../config.ts'
import { baseName, listenerPrefix } from './listener-names.ts'
import { BadValue, type Value } from './setting.ts'
import { type AnySetting, SETTINGS_BY_NAME } from './table.ts'

export type SettingName = AnySetting['name']
type ParsedOf<Name extends SettingName> = Extract<AnySetting, { readonly name: Name }>['parsed']
/** What a listener may have of its own. */
type ListenerSetting = 'max.connections' | 'max.connection.creation.rate'

interface Watcher {
  readonly names: readonly string[]
  readonly tell: () => void
}

export class RunningSettings {
  readonly #config: Config
  readonly #logger: Logger
  /** Text by name, also of single listeners. */
  #dynamic: ReadonlyMap<string, string> = new Map()
  readonly #watchers = new Set<Watcher>()

  /** Those of the properties alone, until it follows a controller. */
  constructor(config: Config, logger: Logger) {
    this.#config = config
    this.#logger = logger
  }

  value<Name extends SettingName>(name: Name): ParsedOf<Name> {
    const text = this.#dynamic.get(name) ?? this.#config.get(name)
    return (text === null ? null : parsed(name, text)) as ParsedOf<Name>
  }

  /** What a listener has of its own; undefined where it has what all have. */
  ofListener(listenerName: string, name: ListenerSetting): number | undefined {
    const own = listenerPrefix(listenerName) + name
    const text = this.#dynamic.get(own) ?? this.#config.listenerSettings.get(own)
    return text === undefined ? undefined : Number(parsed(name, text))
  }

  /**
   * Calls `tell` after one of them has become another one, of all listeners or of a single one.
   * Answers what ends that.
   */
  onChange(names: readonly SettingName[], tell: () => void): () => void {
    const watcher = { names, tell }
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Takes over what is set now, and what will be. Answers what ends that. */
  follow(controller: Pick<Controller, 'subscribe'>): () => void {
    const places = ['', String(this.#config.nodeId)]
    const own = new Set(places.map((place) => `${ConfigType.BROKER}:${place}`))
    return controller.subscribe((image, { configs, isSnapshot }) => {
      if (isSnapshot || [...configs].some((key) => own.has(key))) this.#take(image, places)
    })
  }

  #take({ configs }: Image, places: readonly string[]): void {
    const before = this.#dynamic
    const now = new Map<string, string>()
    for (const place of places) {
      for (const [name, text] of configs.of(ConfigType.BROKER, place)) {
        if (this.#isGood(name, text)) now.set(name, text)
      }
    }
    this.#dynamic = now
    const changed = [...new Set([...before.keys(), ...now.keys()])]
      .filter((name) => before.get(name) !== now.get(name))
    const bases = new Set(changed.map(baseName))
    for (const { names, tell } of this.#watchers) {
      if (!names.some((name) => bases.has(name))) continue
      this.#logger.info('Settings count from now on', Object.fromEntries(changed
        .filter((name) => names.includes(baseName(name)))
        .map((name) => [name, now.get(name) ?? 'as in its properties'])))
      tell()
    }
  }

  /** What an older version took, or another broker, may be no good here. */
  #isGood(name: string, text: string): boolean {
    try {
      parsed(baseName(name), text)
      return true
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      this.#logger.error('A setting of the broker does not hold: it is ignored', { setting: name })
      return false
    }
  }
}

function parsed(name: string, text: string): Value {
  return SETTINGS_BY_NAME.get(name)?.parse(text) ?? null
}
