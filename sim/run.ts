// `npm run sim -- storage [options]`: what the storage promises, against ends and faults of every
// kind.
//
//   --seed N      of the random numbers; a new one is taken and printed when it is left out
//   --cases M     how many histories; 200 when it is left out
//   --case I      this one alone, as a failed run says it
//   --seconds S   no history begins later than that, however many were to be
//   --operations K  of a log against an array, before the histories; 1,000,000 when left out
//   --sabotage    break one rule after the other, and tell whether a history sees it
//
// Every case follows from the seed and its number. `npm run sim -- history` has options of its own:
// see history/command.ts.

import { randomInt } from 'node:crypto'
import yargs from 'yargs'
import { historyCommand } from './history/command.ts'
import { AgainstArray } from './storage/against-array.ts'
import { runHistories } from './storage/run.ts'
import { SABOTAGES, tryOut } from './storage/sabotage.ts'

interface StorageOptions {
  readonly seed: number
  readonly cases: number
  /** The number of a single one. */
  readonly single: number | undefined
  readonly mostSeconds: number
  readonly operations: number
}

async function runStorage(options: StorageOptions): Promise<boolean> {
  const { seed, cases, single, mostSeconds, operations } = options
  const range = single === undefined ? { cases } : { cases: 1, first: single }
  const startedMs = performance.now()
  const failedBefore = single !== undefined || runAgainstArray(seed, operations) ? 0 : 1
  const isOver = (): boolean => performance.now() - startedMs > mostSeconds * 1000
  const result = await runHistories({ seed, ...range, isOver })
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${result.cases} histories in ${seconds} s: ${result.operations} operations, `
    + `${result.calls} calls of the disk, ${result.looks} ends looked at, `
    + `${result.damages} files damaged`)
  for (const { text } of result.failures) console.error(text)
  const failed = result.failures.length + failedBefore
  const all = result.cases + (single === undefined ? 1 : 0)
  console.log(`${all - failed} passed, ${failed} failed`)
  return failed === 0
}

function runAgainstArray(seed: number, operations: number): boolean {
  const startedMs = performance.now()
  try {
    const counts = new AgainstArray(seed).run(operations)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    const what = [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
    console.log(`a log against an array, ${operations} operations in ${seconds} s: ${what}`)
    return true
  } catch (error) {
    console.error(error)
    console.error(`  npm run sim -- storage --seed ${seed} --cases 0 --operations ${operations}`)
    return false
  }
}

async function sabotageStorage(seed: number, cases: number): Promise<boolean> {
  let missed = 0
  for (const sabotage of SABOTAGES) {
    const { name, caughtAfter, why } = await tryOut(sabotage, { seed, cases })
    if (caughtAfter === undefined) missed++
    const verdict = caughtAfter === undefined
      ? 'NOT CAUGHT' : `caught by history ${caughtAfter}: ${why.slice(0, 120)}`
    console.log(`${name}: ${verdict}`)
  }
  console.log(`${SABOTAGES.length - missed} caught, ${missed} not caught`)
  return missed === 0
}

async function main(args: readonly string[]): Promise<void> {
  const options = await yargs([...args]).scriptName('npm run sim --').strict().version(false)
    .command('storage', 'logs on a disk that fails', (command) => command)
    .command('history', 'clients and a broker that are killed and stopped', (command) => command)
    .demandCommand(1, 1)
    .option('seed', { type: 'number', describe: 'of the random numbers' })
    .option('cases', { type: 'number', default: 200, describe: 'how many' })
    .option('case', { type: 'number', describe: 'the number of a single one' })
    .option('seconds', { type: 'number', default: Infinity, describe: 'at most' })
    .option('sabotage', { type: 'boolean', default: false, describe: 'break rules on purpose' })
    .option('operations', {
      type: 'number', default: 1_000_000, describe: 'of a log against an array',
    })
    .parse()
  const { seed = randomInt(2 ** 31), cases, case: single, sabotage, operations } = options
  console.log(`seed ${seed}`)
  const isFine = sabotage ? await sabotageStorage(seed, cases)
    : await runStorage({ seed, cases, single, mostSeconds: options.seconds, operations })
  process.exitCode = isFine ? 0 : 1
}

const args = process.argv.slice(2)
await (args[0] === 'history' ? historyCommand(args.slice(1)) : main(args))
