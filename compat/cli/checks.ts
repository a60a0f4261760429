// Samsa's command line against any Kafka: what it prints against Apache Kafka and against Samsa is
// what the transcript says, whose lines are played against both.
//
// `RECORD=1 npm run compat -- cli` writes it anew, with what is printed against Kafka. The same
// lines are played in `npm test`, against a Samsa in its process.

import { strictEqual } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Part, readTranscript, writeTranscript } from '../admin/transcript.ts'
import type { Check, Suite } from '../harness/check.ts'
import { kafkaJars, startKafka } from '../harness/kafka.ts'
import { complaintsOf, dumpAll, FILL } from './dumps.ts'
import { Player } from './play.ts'

export const TRANSCRIPT = 'compat/cli/transcript.txt'

const TIMEOUT_MS = 300_000
const isRecording = process.env['RECORD'] === '1'

/** Plays parts of the transcript; gives what was printed. */
export async function playAll(
  player: Player, parts: readonly Part[], isAnew = false,
): Promise<Part[]> {
  const played: Part[] = []
  for (const { title, commands } of parts) {
    const done: { line: string, printed: string }[] = []
    for (const { line, printed } of commands) {
      done.push({ line, printed: await player.playUntil(line, isAnew ? undefined : printed) })
    }
    played.push({ title, commands: done })
  }
  return played
}

async function withPlayer<T>(address: string, use: (player: Player) => Promise<T>): Promise<T> {
  const player = await Player.start(address, 'compat')
  try {
    return await use(player)
  } finally {
    player.close()
  }
}

export function differences(wished: readonly Part[], found: readonly Part[]): string {
  return found.flatMap(({ title, commands }, part) => commands.flatMap((command, index) => {
    const { printed } = wished[part]!.commands[index]!
    return printed === command.printed ? []
      : [`${title}: ${command.line}\n- ${printed}\n+ ${command.printed}`]
  })).join('\n\n')
}

const kafka: Check = {
  name: isRecording ? 'the transcript is written, against Apache Kafka'
    : 'against Apache Kafka every line of the transcript prints what it says',
  timeoutMs: TIMEOUT_MS,
  async run() {
    const broker = await startKafka('4.4.0')
    try {
      const parts = readTranscript(TRANSCRIPT)
      const played = await withPlayer(broker.address,
        (player) => playAll(player, parts, isRecording))
      if (isRecording) writeFileSync(TRANSCRIPT, writeTranscript(played))
      else strictEqual(differences(parts, played), '')
    } finally {
      await broker.dispose()
    }
  },
}

const samsa: Check = {
  name: 'against Samsa every line of the transcript prints what it says',
  timeoutMs: TIMEOUT_MS,
  async run({ address }) {
    const parts = readTranscript(TRANSCRIPT)
    const played = await withPlayer(address, (player) => playAll(player, parts))
    strictEqual(differences(parts, played), '')
  },
}

const dumps: Check = {
  name: 'log dump reads every file of a data directory of Kafka',
  timeoutMs: TIMEOUT_MS,
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'samsa-cli-dumps-'))
    const data = join(directory, 'data')
    const broker = await startKafka('4.4.0', { 'log.dirs': data })
    try {
      await withPlayer(broker.address, async (player) => {
        for (const line of FILL) await player.play(line)
        strictEqual(complaintsOf(await dumpAll(player, data)).join('\n'), '')
      })
    } finally {
      await broker.dispose()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

export const cliSuite: Suite = {
  name: 'cli',
  client: 'the samsa command line',
  checks: [kafka, samsa, dumps],
  install: async () => { await kafkaJars('4.4.0') },
}
