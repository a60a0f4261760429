// Configurations by resource: what was set on topics, brokers, groups, …, never defaults.

import { Map as PersistentMap, OrderedMap } from 'immutable'

/** The numbers of ConfigResource.Type. */
export const ConfigType = {
  UNKNOWN: 0, TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32,
} as const

export type Settings = ReadonlyMap<string, string>

const NONE: Settings = new Map()

export class ConfigsImage {
  static readonly empty = new ConfigsImage(PersistentMap())
  /** By type and name, `2:orders`. */
  readonly #resources: PersistentMap<string, OrderedMap<string, string>>

  constructor(resources: PersistentMap<string, OrderedMap<string, string>>) {
    this.#resources = resources
  }

  /**
   * The settings of a resource. A broker's name is its id; the empty name is the cluster's default.
   */
  of(type: number, name: string): Settings {
    const settings = this.#resources.get(`${type}:${name}`)
    return settings === undefined ? NONE : new Map(settings)
  }

  value(type: number, name: string, key: string): string | undefined {
    return this.#resources.get(`${type}:${name}`)?.get(key)
  }

  *resources(): Generator<{ type: number, name: string, settings: Settings }> {
    for (const [key, settings] of this.#resources) {
      const colon = key.indexOf(':')
      const type = Number(key.slice(0, colon))
      yield { type, name: key.slice(colon + 1), settings: new Map(settings) }
    }
  }

  /** Null deletes. */
  withValue(type: number, name: string, key: string, value: string | null): ConfigsImage {
    const resource = `${type}:${name}`
    const before = this.#resources.get(resource, OrderedMap<string, string>())
    const after = value === null ? before.delete(key) : before.set(key, value)
    return new ConfigsImage(after.isEmpty()
      ? this.#resources.delete(resource) : this.#resources.set(resource, after))
  }

  withoutResource(type: number, name: string): ConfigsImage {
    return new ConfigsImage(this.#resources.delete(`${type}:${name}`))
  }
}
