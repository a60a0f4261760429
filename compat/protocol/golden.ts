// The samples of `tests/protocol/golden.json`: one message of each version as Kafka writes it, with
// something in every field.

import { OUR_MESSAGES } from './our-definitions.ts'
import { versionsFrom } from './facts.ts'
import type { Peer } from './peer.ts'

export const GOLDEN_FILE = 'tests/protocol/golden.json'

const SEED = 1912

/** Message to version to bytes in base 64; a line for each message. */
export interface Golden {
  readonly kafka: string
  readonly command: string
  readonly samples: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export async function goldenText(peer: Peer): Promise<string> {
  const lines: string[] = []
  for (const { message } of OUR_MESSAGES) {
    const samples: Record<string, string> = {}
    for (const version of versionsFrom(...message.versions)) {
      const [sample] = await peer.make(message.name, version, SEED, 1, 'full')
      samples[version] = sample!.known.toString('base64')
    }
    lines.push(`    ${JSON.stringify(message.name)}: ${JSON.stringify(samples)}`)
  }
  return `{
  "kafka": "4.4.0",
  "command": "GOLDEN=write npm run compat -- protocol",
  "samples": {
${lines.join(',\n')}
  }
}
`
}
