// What has settings, as the commands of `samsa configs` name it, and the settings it has.

import type { Client } from '../client/client.ts'
import {
  describe, type Resource, RESOURCE_TYPES, type ResourceType, type Setting,
} from '../client/configs.ts'
import { UsageError } from './exit.ts'

export const TYPES = Object.keys(RESOURCE_TYPES) as ResourceType[]
export const ALL_BROKERS = 'all'

/** Throws UsageError for a broker that is no number. */
export function resourceOf(type: ResourceType, name: string): Resource {
  if (type === 'broker' && name === ALL_BROKERS) return { type, name: '' }
  if ((type === 'broker' || type === 'logger') && !/^\d+$/.test(name)) {
    throw new UsageError(`broker ${name}: name its id, a number, or all`)
  }
  return { type, name }
}

/** Throws where a topic is not there, which brokers describe all the same, as if it were. */
export async function describeSettings(client: Client, resource: Resource): Promise<Setting[]> {
  if (resource.type === 'topic') await client.topic(resource.name)
  return describe(client, resource)
}

export function shownValue(
  { value, isSensitive }: Pick<Setting, 'value' | 'isSensitive'>,
): string | null {
  return isSensitive ? '(secret)' : value
}
