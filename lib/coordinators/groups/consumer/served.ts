// Whether consumer groups are served: the cluster's features and the node's settings say so.

import type { Image } from '../../../../controller/image/image.ts'
import type { Config } from '../../../config.ts'

const GROUP_VERSION = 'group.version'
/** Level of `group.version` that has the protocol of KIP-848. */
const CONSUMER_GROUPS_SINCE = 1

export function servesConsumerGroups(
  { config, controller }: {
    readonly config: Config
    readonly controller: { readonly image: Image }
  },
): boolean {
  return config.groupCoordinatorRebalanceProtocols.includes('consumer')
    && controller.image.features.level(GROUP_VERSION) >= CONSUMER_GROUPS_SINCE
}
