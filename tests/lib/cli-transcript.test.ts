// The command line against a node of this process: what each line of the transcript prints is what
// it prints against Apache Kafka.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { differences, playAll, TRANSCRIPT } from '../../compat/cli/checks.ts'
import { readTranscript } from '../../compat/admin/transcript.ts'
import { Player } from '../../compat/cli/play.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const PART_TIMEOUT_MS = 60_000

let node: TestNode
let player: Player

beforeAll(async () => {
  node = await startTestNode()
  player = await Player.start(node.address, 'test')
}, PART_TIMEOUT_MS)

afterAll(async () => {
  player.close()
  await node.dispose()
})

describe('samsa', () => {
  // In their order: what one part leaves behind the next ones see.
  test.each(readTranscript(TRANSCRIPT).map((part) => [part.title, part] as const))(
    '%s', async (_, part) => {
      expect(differences([part], await playAll(player, [part]))).toBe('')
    }, PART_TIMEOUT_MS,
  )
})
