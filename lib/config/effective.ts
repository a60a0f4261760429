// The settings that a broker would run with after a dynamic change, beside those that it runs with
// now: what its properties say, then what was set for all brokers, then what was set for it.

import { ConfigType } from '../../controller/image/configs.ts'
import { readValue } from '../../storage/config-values.ts'
import type { Config } from '../config.ts'
import { inHashOrder } from './hash-order.ts'
import type { LayeredServices } from './layers.ts'
import { SETTINGS } from './table.ts'

/** What the broker runs with, as far as it matters here. */
export type Present = Pick<Config,
  | 'given' | 'get' | 'listenerSettings' | 'logDirs' | 'listeners' | 'controllerListenerNames'
  | 'advertisedListeners' | 'interBrokerListenerName' | 'securityInterBrokerProtocol'
>

/** What is to be set on one broker, or on all of them as the default. */
export interface DynamicChange {
  /** All that would be set there, not what changes alone. */
  readonly settings: ReadonlyMap<string, string>
  readonly isClusterDefault: boolean
  readonly config: Present
  /** What is set now. */
  readonly everywhere: ReadonlyMap<string, string>
  readonly here: ReadonlyMap<string, string>
}

/** The change of a resource of type BROKER, whose name is the broker's, or empty for all. */
export function dynamicChange(
  resourceName: string, settings: ReadonlyMap<string, string>,
  { config, controller: { image: { configs } }, broker: { nodeId } }: LayeredServices,
): DynamicChange {
  return {
    settings, isClusterDefault: resourceName === '', config,
    everywhere: configs.of(ConfigType.BROKER, ''),
    here: configs.of(ConfigType.BROKER, String(nodeId)),
  }
}

/** Settings of a broker by name. */
export class Effective {
  readonly #config: Present
  readonly #given: ReadonlyMap<string, string>

  constructor(config: Present, given: ReadonlyMap<string, string>) {
    this.#config = config
    this.#given = given
  }

  /** What somebody has set, in a file or while it runs. */
  get given(): ReadonlyMap<string, string> {
    return this.#given
  }

  /** Text, or null where there is no value. */
  readonly get = (name: string): string | null => this.#given.get(name) ?? this.#config.get(name)

  number(name: string): number {
    return Number(this.get(name))
  }

  list(name: string): readonly string[] {
    return readValue(name, 'list', this.get(name) ?? '') as readonly string[]
  }
}

export interface Effects {
  readonly now: Effective
  readonly then: Effective
  /** Names that are given other values, in the order in which Kafka says them. */
  readonly changed: readonly string[]
  /** Whether any of these is given another value, or none any more. */
  touches(names: Iterable<string>): boolean
}

export function effectsOf(
  { settings, isClusterDefault, config, everywhere, here }: DynamicChange,
): Effects {
  const ofAll = SETTINGS.flatMap(({ name }): [string, string][] => {
    const value = config.given(name) ? config.get(name) : null
    return value === null ? [] : [[name, value]]
  })
  const fixed = [...ofAll, ...config.listenerSettings]
  const now = new Effective(config, new Map([...fixed, ...everywhere, ...here]))
  const after = isClusterDefault ? [...settings, ...here] : [...everywhere, ...settings]
  const then = new Effective(config, new Map([...fixed, ...after]))
  const isOther = (name: string): boolean => then.given.get(name) !== now.given.get(name)
  return {
    now, then, changed: inHashOrder([...then.given.keys()].filter(isOther)),
    touches: (names) => [...names].some(isOther),
  }
}
