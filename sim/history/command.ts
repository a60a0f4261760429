// `npm run sim -- history [options]`: stock clients against a broker that is killed and stopped,
// and what they have seen held against rules (after Jepsen's workload for Kafka).
//
//   --seed N      of the workload and the faults; a new one is taken and printed when left out
//   --seconds S   how long faults go on; 30 when it is left out
//   --sabotage    break one rule of the broker after the other, and tell whether a run sees it
//   --only TEXT   of the sabotages, those whose names contain it
//   --faults TEXT without sabotage, those whose names contain it
//   --keep        leave data and histories where they are, and say where
//   --broker FILE the broker's build, `dist/main.js` when it is left out
//
// Processes of their own take their own time: a seed gives the same faults, not the same history.

import { randomInt } from 'node:crypto'
import yargs from 'yargs'
import { sabotagedBroker } from '../../compat/harness/sabotage.ts'
import { type Drive, drive, type DriveOptions } from './drive.ts'
import { work } from './kafkajs-worker.ts'
import { ALL_FAULTS } from './nemesis.ts'
import { installPrograms } from './programs.ts'
import { type HistorySabotage, SABOTAGES } from './sabotage.ts'

const MOST_SHOWN = 5

function tell({ verdicts, faults, workers, ends, directory }: Drive, isKept: boolean): boolean {
  const counted = (counts: ReadonlyMap<string, number>) => (
    [...counts].map(([what, count]) => `${what} ${count}`).join(', '))
  console.log(`${workers} workers; ${counted(faults)}`)
  console.log(`transactions: ${counted(ends)}`)
  if (isKept) console.log(`kept in ${directory}`)
  let [passed, failed] = [0, 0]
  for (const { rule, seen, violations } of verdicts) {
    if (violations.length > 0) failed++
    else if (seen > 0) passed++
    const mark = violations.length > 0 ? 'FAILED' : seen > 0 ? 'ok    ' : 'unseen'
    console.log(`${mark} ${rule} (${seen})`)
    for (const text of violations.slice(0, MOST_SHOWN)) console.error(`       | ${text}`)
    const more = violations.length - MOST_SHOWN
    if (more > 0) console.error(`       | and ${more} more`)
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0
}

/** Runs with one seed after the other until one sees it. */
async function tryOut(
  sabotage: HistorySabotage, options: Omit<DriveOptions, 'broker'>, runs: number,
): Promise<boolean> {
  const broker = [process.argv[1]!, 'history', 'broker', sabotage.name]
  for (let run = 0; run < runs; run++) {
    const { verdicts } = await drive({
      ...options, broker, seed: options.seed + run, patienceMs: 10_000,
      ...sabotage.faults === undefined ? {} : { faults: sabotage.faults },
    })
    const broken = verdicts.filter(({ violations }) => violations.length > 0)
    if (broken.length === 0) continue
    console.log(`${sabotage.name}: caught by run ${run + 1}`)
    for (const { rule, violations } of broken) {
      console.log(`       | ${rule}: ${violations[0]!.slice(0, 160)}`)
    }
    return true
  }
  console.log(`${sabotage.name}: NOT CAUGHT`)
  return false
}

export async function historyCommand(args: readonly string[]): Promise<void> {
  // Processes of a run are this very bundle.
  if (args[0] === 'worker') return work(args.slice(1))
  if (args[0] === 'broker') return sabotagedBroker(SABOTAGES, args.slice(1))
  const options = await yargs([...args]).scriptName('npm run sim -- history').strict()
    .version(false)
    .option('seed', { type: 'number', describe: 'of the workload and the faults' })
    .option('seconds', { type: 'number', default: 30, describe: 'how long faults go on' })
    .option('sabotage', { type: 'boolean', default: false, describe: 'break rules on purpose' })
    .option('only', { type: 'string', default: '', describe: 'of the sabotages' })
    .option('faults', { type: 'string', default: '', describe: 'those of such names' })
    .option('runs', { type: 'number', default: 3, describe: 'at most, for each sabotage' })
    .option('keep', { type: 'boolean', default: false, describe: 'leave data and histories' })
    .option('broker', { type: 'string', default: 'dist/main.js', describe: 'its build' })
    .parse()
  const { seed = randomInt(2 ** 31), seconds, keep } = options
  console.log(`seed ${seed}`)
  const common = { seed, seconds, programs: await installPrograms(), isKept: keep }
  if (!options.sabotage) {
    const faults = ALL_FAULTS.filter(([, name]) => name.includes(options.faults))
    const run = await drive({ ...common, broker: [options.broker], faults })
    process.exitCode = tell(run, keep) ? 0 : 1
    return
  }
  const chosen = SABOTAGES.filter(({ name }) => name.includes(options.only))
  let caught = 0
  for (const sabotage of chosen) {
    if (await tryOut(sabotage, common, options.runs)) caught++
  }
  console.log(`${caught} caught, ${chosen.length - caught} not caught`)
  process.exitCode = caught === chosen.length ? 0 : 1
}
