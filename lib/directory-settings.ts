// What settings say of log directories while the broker runs: which take no new logs, and how fast
// logs may move between them.

import { resolve } from 'node:path'

import { ConfigType } from '../controller/image/configs.ts'
import type { Image } from '../controller/image/image.ts'
import { supportsCordoning } from '../controller/record-versions.ts'
import type { Config } from './config.ts'

const CORDONED = 'cordoned.log.dirs'
const MOVE_RATE = 'replica.alter.log.dirs.io.max.bytes.per.second'

export interface DirectorySettings {
  /** Takes no new logs as long as there are others (KIP-1066). */
  isCordoned(directory: { readonly path: string }): boolean
  /** `replica.alter.log.dirs.io.max.bytes.per.second`; Infinity without any. */
  bytesPerSecond(): number
}

export function directorySettings(
  config: Config, controller: { readonly image: Image },
): DirectorySettings {
  const ofBroker = (name: string): string | undefined => (
    controller.image.configs.value(ConfigType.BROKER, String(config.nodeId), name) ?? undefined)
  return {
    isCordoned({ path }) {
      if (!supportsCordoning(controller.image.features)) return false
      const changed = ofBroker(CORDONED)?.split(',').map((one) => one.trim())
      const cordoned = changed?.filter((one) => one !== '') ?? config.cordonedLogDirs
      return cordoned.includes('*') || cordoned.some((one) => resolve(one) === resolve(path))
    },
    bytesPerSecond() {
      const text = ofBroker(MOVE_RATE)
        ?? controller.image.configs.value(ConfigType.BROKER, '', MOVE_RATE)
      return text === null || text === undefined ? Infinity : Number(text)
    },
  }
}
