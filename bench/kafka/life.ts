// What a broker costs before anything is sent through it: until it answers, memory, size on disk,
// topics, connections.

import { kafkaJars } from '../../compat/harness/kafka.ts'
import { run, sleep } from '../../compat/harness/process.ts'
import { Wire } from '../../compat/harness/wire.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { type Contender, SIDES } from '../contender.ts'
import { inTurns, type Pair } from './pair.ts'
import { nothingMeasured, type Report } from './report.ts'

const IDLE_MS = 10_000
const TOPICS = 1000
const CONNECTIONS = 500
const PATIENCE_MS = 120_000
/** Twenty times as fast. */
const START_GOAL = 1 / 20
const MEMORY_GOAL = 1 / 5

export async function benchLife(pair: Pair, report: Report, turns: number): Promise<void> {
  report.section('Life')
  const [starts, idle] = [nothingMeasured(), nothingMeasured()]
  await inTurns(pair, turns, async (broker) => {
    const { spawnedMs, readyMs } = await broker.restart()
    starts[broker.side].push(readyMs - spawnedMs)
    await sleep(IDLE_MS)
    idle[broker.side].push(broker.memoryMegabytes())
  })
  report.add({
    what: 'start after a clean stop, to the first answer, ms',
    measures: [{ measured: starts, goal: { atMost: START_GOAL } }],
  })
  report.add({
    what: 'idle memory (resident), MB',
    measures: [{ measured: idle, goal: { atMost: MEMORY_GOAL } }],
  })
  const installed = { Samsa: [await samsaMegabytes()], Kafka: [await kafkaMegabytes()] }
  report.add({
    what: 'what is installed, without Node and without Java, MB',
    measures: [{ measured: installed }],
  })
  await benchTopics(pair, report, turns)
  await benchConnections(pair, report)
}

async function benchTopics(pair: Pair, report: Report, turns: number): Promise<void> {
  const measured = nothingMeasured()
  await inTurns(pair, turns, async ({ side, address }) => {
    const wire = await Wire.connect(address)
    const names = Array.from({ length: TOPICS }, (_, i) => `of-a-thousand-${i}`)
    const startedMs = performance.now()
    const { topics } = await wire.ask(createTopics, 7, {
      topics: names.map((name) => (
        { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })),
      timeoutMs: PATIENCE_MS, validateOnly: false,
    })
    measured[side].push(performance.now() - startedMs)
    const refused = topics.find(({ errorCode }) => errorCode !== 0)
    if (refused) throw new Error(`${refused.name}: error ${refused.errorCode}`)
    await wire.ask(deleteTopics, 5, { topicNames: names, timeoutMs: PATIENCE_MS })
    wire.close()
    await sleep(2000) // the logs go
  })
  report.add({
    what: `creating ${TOPICS} topics in one request, ms`,
    measures: [{ measured, goal: { atMost: 1 } }],
  })
}

async function benchConnections(pair: Pair, report: Report): Promise<void> {
  const [memory, cpu] = [nothingMeasured(), nothingMeasured()]
  for (const side of SIDES) {
    const before = pair[side].memoryMegabytes()
    const wires = await connectMany(pair[side])
    await sleep(1000)
    const cpuBefore = pair[side].cpuMs()
    await sleep(IDLE_MS)
    cpu[side].push(pair[side].cpuMs() - cpuBefore)
    memory[side].push(Math.max(0, pair[side].memoryMegabytes() - before))
    for (const wire of wires) wire.close()
  }
  const what = `${CONNECTIONS} idle connections`
  report.add({ what: `${what}: memory more than before, MB`, measures: [{ measured: memory }] })
  report.add({ what: `${what}: computing in 10 s, ms`, measures: [{ measured: cpu }] })
}

async function connectMany({ address }: Contender): Promise<Wire[]> {
  const wires: Wire[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const wire = await Wire.connect(address)
    await wire.ask(apiVersions, 3, { clientSoftwareName: 'bench', clientSoftwareVersion: '1' })
    wires.push(wire)
  }
  return wires
}

/** The bundle without its source maps, and the packages that it needs. */
async function samsaMegabytes(): Promise<number> {
  const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'])
  // The first is the project itself.
  const packages = [...new Set(stdout.trim().split('\n').slice(1))]
  return diskMegabytes(['dist', ...packages])
}

async function kafkaMegabytes(): Promise<number> {
  // A class path names whole directories by a star.
  const jars = (await kafkaJars('4.4.0')).split(':').map((path) => path.replace(/\/\*$/, ''))
  return diskMegabytes(jars)
}

async function diskMegabytes(paths: readonly string[]): Promise<number> {
  const { stdout } = await run('du', ['-cskL', '--exclude=*.map', ...paths])
  return Number(stdout.trim().split('\n').at(-1)!.split('\t')[0]) / 1024
}
