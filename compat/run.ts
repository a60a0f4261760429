// `npm run compat [-- suite…]`: holds other people's clients against Samsa and says what passed.
// With `--against HOST:PORT` the checks run against a broker that is there already,
// such as a real Kafka. With `--sabotage` suites that can show that they see faults do so instead.
// With `--readme` what all of them found is written into compat/README.md; with `--jobs N` so many
// suites run at a time: most of them wait most of the time. What fails beside others runs once more
// alone: real Kafkas and clients have time-outs of their own, which a machine with too much to do
// does not keep.

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { adminSuite } from './admin/checks.ts'
import { cliSuite } from './cli/checks.ts'
import { kafkajsSuite } from './kafkajs/checks.ts'
import { platformaticSuite } from './platformatic/checks.ts'
import { kcatSuite } from './kcat/checks.ts'
import { confluentKafkaSuite } from './confluent-kafka/checks.ts'
import { javaSuite } from './java/checks.ts'
import { compactionSuite } from './compaction/checks.ts'
import { SABOTAGED_BROKER, SABOTAGES } from './compaction/sabotage.ts'
import { disksSuite } from './disks/checks.ts'
import { javaGroupsSuite } from './java/groups-suite.ts'
import { exchangeSuite } from './exchange/checks.ts'
import { connectSuite } from './connect/checks.ts'
import { dockerSuite } from './docker/checks.ts'
import { limitsSuite } from './limits/checks.ts'
import { metricsSuite } from './metrics/checks.ts'
import { franzGoSuite } from './franz-go/checks.ts'
import { pairsSuite } from './pairs/checks.ts'
import { protocolSuite } from './protocol/checks.ts'
import { refusalsSuite } from './refusals/checks.ts'
import { streamsSuite } from './streams/checks.ts'
import { transactionsSuite } from './transactions/checks.ts'
import { foreignBroker } from './harness/broker.ts'
import { runChecks, type Outcome, type Suite } from './harness/check.ts'
import { sabotagedBroker } from './harness/sabotage.ts'
import { startSamsa } from './harness/samsa.ts'
import { readmeOf } from './readme.ts'

const SUITES: readonly Suite[] = [
  kafkajsSuite, platformaticSuite, kcatSuite, confluentKafkaSuite,
  javaSuite, franzGoSuite, pairsSuite, protocolSuite, exchangeSuite,
  refusalsSuite, limitsSuite, metricsSuite,
  transactionsSuite, streamsSuite, connectSuite, javaGroupsSuite,
  adminSuite, disksSuite, compactionSuite, cliSuite, dockerSuite,
]

async function runSuite(suite: Suite, against: string | undefined): Promise<Outcome[]> {
  try {
    return await installAndRun(suite, against)
  } finally {
    await suite.dispose?.()
  }
}

async function installAndRun(suite: Suite, against: string | undefined): Promise<Outcome[]> {
  const startedMs = Date.now()
  try {
    await suite.install?.()
  } catch (error) {
    console.log(`FAILED ${suite.name}: install\n${String(error)}`)
    return [{ suite: suite.name, check: 'install', error: String(error), elapsedMs: 0 }]
  }
  const broker = against === undefined ? await startSamsa(suite.overrides) : foreignBroker(against)
  try {
    return await runChecks(suite, broker)
  } finally {
    await broker.dispose()
    console.log(`${suite.name} took ${Math.round((Date.now() - startedMs) / 1000)} s`)
  }
}

/** So many at a time, begun in their order. */
async function runAll(
  suites: readonly Suite[], jobs: number, against: string | undefined,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const left = suites.values()
  const worker = async (): Promise<void> => {
    for (const suite of left) outcomes.push(...await runSuite(suite, against))
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return outcomes
}

/** The outcomes, with those of suites that failed as they are when nothing else runs. */
async function alone(
  outcomes: readonly Outcome[], suites: readonly Suite[], against: string | undefined,
): Promise<Outcome[]> {
  let settled = [...outcomes]
  for (const suite of suites) {
    const failed = failedOf(settled).filter((outcome) => outcome.suite === suite.name)
    if (failed.length === 0) continue
    console.log(`\nonce more, alone: ${suite.name}, of which failed beside others: `
      + failed.map(({ check }) => check).join('; '))
    settled = settled.filter((outcome) => outcome.suite !== suite.name)
    settled.push(...await runSuite(suite, against))
  }
  return settled
}

function failedOf(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ error }) => error !== undefined)
}

function table(outcomes: readonly Outcome[], suites: readonly Suite[]): string {
  const rows = suites.map((suite) => {
    const own = outcomes.filter((outcome) => outcome.suite === suite.name)
    const passed = own.filter((outcome) => outcome.error === undefined).length
    return `${suite.client.padEnd(34)} ${passed} of ${own.length}`
  })
  return rows.join('\n')
}

function writeReadme(outcomes: readonly Outcome[]): void {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync('compat/README.md', readmeOf(SUITES, outcomes, { date, version }))
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === SABOTAGED_BROKER) return await sabotagedBroker(SABOTAGES, args.slice(1))
  const { values: { against, sabotage, readme, jobs }, positionals: names } = parseArgs({
    args: [...args], allowPositionals: true,
    options: {
      against: { type: 'string' }, sabotage: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false }, jobs: { type: 'string', default: '1' },
    },
  })
  if (readme && (names.length > 0 || sabotage || against !== undefined)) {
    console.error('--readme tells of all suites against Samsa: it goes with nothing else')
    return 2
  }
  if (!/^[1-9]\d?$/.test(jobs)) {
    console.error(`--jobs ${jobs}: must be a number from 1 to 99`)
    return 2
  }
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name))
  if (unknown.length > 0) {
    const known = SUITES.map((suite) => suite.name).join(', ')
    console.error(`no suite is called ${unknown.join(', ')}; there are: ${known}`)
    return 2
  }
  const named = names.length === 0 ? SUITES : SUITES.filter((suite) => names.includes(suite.name))
  const chosen = !sabotage ? named : named.flatMap((suite) => (
    suite.sabotage === undefined ? [] : [{ ...suite, checks: suite.sabotage }]))
  if (chosen.length === 0) {
    console.error('none of these suites breaks anything on purpose')
    return 2
  }
  const first = await runAll(chosen, Number(jobs), against)
  const outcomes = jobs === '1' ? first : await alone(first, chosen, against)
  if (readme) writeReadme(outcomes)
  const failed = failedOf(outcomes)
  console.log(`\n${table(outcomes, chosen)}\n`)
  for (const { suite, check } of failed) console.log(`failed: ${suite}: ${check}`)
  console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`)
  return failed.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
