// `npm run fuzz [-- options]`: spoilt bytes against every decoder, or with --socket a broker.
//
//   --seed N     of the random numbers; a new one is taken and printed when it is left out
//   --cases M    how many; 100,000 when it is left out
//   --case I     this one alone, as a failed run says it
//   --socket     frames to a broker in a process of its own, over several connections
//
// Every case follows from the seed and its number. The run fails where a decoder throws anything
// but its typed error, where a case takes more than 100 ms, where memory grows by 64 MB or more,
// and over a socket where the broker ends, logs a bug, or leaves a sound client waiting.

import { randomInt } from 'node:crypto'
import yargs from 'yargs'
import { type OfflineResult, runOffline } from './offline.ts'
import { runSocket, type SocketResult } from './socket.ts'

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

function tellOffline({ cases, refused, elapsedMs, slowest, ...rest }: OfflineResult): void {
  const perSecond = Math.round(cases / elapsedMs * 1000)
  console.log(`${cases} cases in ${(elapsedMs / 1000).toFixed(1)} s, ${perSecond} a second; `
    + `${refused} refused, the others read`)
  console.log(`slowest: ${slowest.elapsedMs.toFixed(1)} ms, case ${slowest.index}, ${slowest.name}`)
  console.log(`memory: ${megabytes(rest.grownBytes)} more in use, `
    + `the process at most ${megabytes(rest.grownResidentBytes)} larger`)
}

function tellSocket({ cases, elapsedMs, outcomes, slowestCheckMs, ...rest }: SocketResult): void {
  const perSecond = Math.round(cases / elapsedMs * 1000)
  console.log(`${cases} frames in ${(elapsedMs / 1000).toFixed(1)} s, ${perSecond} a second: `
    + `${outcomes.answered} answered, ${outcomes.closed} closed, ${outcomes.silent} neither`)
  console.log(`slowest answer to a sound client: ${slowestCheckMs.toFixed(1)} ms, `
    + `of ${rest.checks} checks; ${rest.pauses} pauses that came from elsewhere`)
  console.log(`memory of the broker: ${megabytes(rest.warmBytes)} in use after the warm-up, `
    + `${megabytes(rest.endBytes)} at the end, `
    + `the process at most ${megabytes(rest.mostResidentBytes)}`)
}

async function main(args: readonly string[]): Promise<void> {
  const options = await yargs([...args]).scriptName('npm run fuzz --').strict().version(false)
    .option('seed', { type: 'number', describe: 'of the random numbers' })
    .option('cases', { type: 'number', default: 100_000, describe: 'how many' })
    .option('case', { type: 'number', describe: 'the number of a single one' })
    .option('socket', { type: 'boolean', default: false, describe: 'against a broker' })
    .parse()
  const { seed = randomInt(2 ** 31), cases, case: single, socket } = options
  console.log(`seed ${seed}`)
  const range = single === undefined ? { cases } : { cases: 1, first: single }
  const result = socket
    ? await runSocket({ seed, ...range }) : await runOffline({ seed, ...range })
  if ('outcomes' in result) tellSocket(result)
  else tellOffline(result)
  const { failures } = result
  for (const text of failures.texts) console.error(text)
  console.log(`${failures.count === 0 ? 1 : 0} passed, ${failures.count} failed`)
  process.exitCode = failures.count === 0 ? 0 : 1
}

await main(process.argv.slice(2))
