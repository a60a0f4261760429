// The `server.properties` of a node that is alone, which Apache Kafka and Samsa both start on.

import { DEVELOPMENT } from '../../lib/config/development.ts'

/** Of all clusters that are formatted here. */
export const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'

export interface LoneNode {
  readonly port: number
  readonly controllerPort: number
  /** The first has the metadata too. */
  readonly dataDirectories: readonly string[]
}

/**
 * The text of the file: what a node is when nobody says anything, and what Kafka wants to be told.
 * What it does not say has the same default in both brokers.
 */
export function propertiesOf(
  { port, controllerPort, dataDirectories }: LoneNode,
  settings: Readonly<Record<string, string>> = {},
): string {
  return Object.entries({
    ...Object.fromEntries(DEVELOPMENT),
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDirectories.join(),
    ...settings,
  }).map(([name, value]) => `${name}=${value}\n`).join('')
}
