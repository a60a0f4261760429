// Settings as values of JavaScript, and as the text that a properties file would have.
//
// The published types (scripts/types.mjs) are written out of the same tables, with their
// documentation, and name only what Samsa acts on.

import type { AnySetting } from '../config/table.ts'

export type SettingValue = string | number | boolean | readonly string[]

/** Kafka's settings of a broker. */
export type Settings = {
  readonly [S in AnySetting as S['name']]?: Exclude<S['parsed'], null> | string | undefined
}

/** Kafka's settings of a topic. */
export type TopicConfigs = Readonly<Record<string, SettingValue | undefined>>

/** Name → text of those that are given. */
export function textOfSettings(
  settings: Readonly<Record<string, SettingValue | undefined>>,
): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue
    texts.set(name, Array.isArray(value) ? value.join(',') : String(value))
  }
  return texts
}
