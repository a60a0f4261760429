// Settings of a node that a test changes, as a change of the metadata would.

import { ConfigsImage, ConfigType } from '../../controller/image/configs.ts'
import { EMPTY_IMAGE, type Image, type ImageDelta } from '../../controller/image/image.ts'
import type { Config } from '../../lib/config.ts'
import { RunningSettings } from '../../lib/config/running.ts'
import type { Logger } from '../../storage/ports.ts'
import { silent } from './coordinators/harness.ts'

/** `set` takes a place: the id of a broker, or nothing for all; null takes a setting back. */
export function changeable(config: Config, logger: Logger = silent) {
  const settings = new RunningSettings(config, logger)
  let configs = ConfigsImage.empty
  let tell: (image: Image, delta: ImageDelta) => void = () => {}
  settings.follow({
    subscribe(listener) {
      tell = listener
      return () => {}
    },
  })
  const set = (changes: Record<string, string | null>, place = String(config.nodeId)) => {
    for (const [name, value] of Object.entries(changes)) {
      configs = configs.withValue(ConfigType.BROKER, place, name, value)
    }
    tell({ ...EMPTY_IMAGE, configs }, {
      before: EMPTY_IMAGE, topics: new Set(), configs: new Set([`${ConfigType.BROKER}:${place}`]),
      brokers: new Set(), features: false, isSnapshot: false,
    })
  }
  return { settings, set }
}
