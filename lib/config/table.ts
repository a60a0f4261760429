// Every setting that Kafka 4.4 documents for a broker or controller, in one table.

import type { Setting } from './setting.ts'
import { groupsSettings } from './settings/groups.ts'
import { logSettings } from './settings/log.ts'
import { networkSettings } from './settings/network.ts'
import { nodeSettings } from './settings/node.ts'
import { operationsSettings } from './settings/operations.ts'
import { remoteStorageSettings } from './settings/remote-storage.ts'
import { saslSettings } from './settings/sasl.ts'
import { securitySettings } from './settings/security.ts'
import { shareGroupsSettings } from './settings/share-groups.ts'
import { streamsGroupsSettings } from './settings/streams-groups.ts'
import { topicsSettings } from './settings/topics.ts'
import { transactionsSettings } from './settings/transactions.ts'

const ALL = [
  ...nodeSettings, ...remoteStorageSettings, ...topicsSettings, ...networkSettings,
  ...groupsSettings, ...logSettings, ...streamsGroupsSettings, ...transactionsSettings,
  ...shareGroupsSettings, ...securitySettings, ...operationsSettings, ...saslSettings,
] as const

export type AnySetting = (typeof ALL)[number]

/** `log.retention.ms` → `logRetentionMs` */
type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name

/** The parsed value of every setting, under its name in camelCase. */
export type SettingValues = {
  readonly [S in AnySetting as CamelCase<S['name']>]: S['parsed']
}

export const SETTINGS: readonly Setting<string, unknown>[] = ALL

export const SETTINGS_BY_NAME: ReadonlyMap<string, Setting<string, unknown>> =
  new Map(SETTINGS.map((setting) => [setting.name, setting]))

export function camelCase(name: string): string {
  return name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
