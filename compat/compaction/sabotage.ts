// Rules of the log cleaner, each broken on purpose: in a process that puts its own methods in the
// place of the cleaner's, and is the broker then. What readers see has to differ every time.

import { quickStartOptions } from '../../lib/cli/options.ts'
import { start } from '../../lib/cli/start.ts'
import { OffsetMap } from '../../storage/compaction/offset-map.ts'
import { CleanedTransactions } from '../../storage/compaction/transactions.ts'
import { Log } from '../../storage/log.ts'

/** The first argument of a process that is to be such a broker. */
export const SABOTAGED_BROKER = 'sabotaged-cleaner'

export interface Sabotage {
  readonly name: string
  patch(): void
}

function replace(prototype: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(prototype, name, { ...descriptor, configurable: true })
}

function retainTombstonesFor(deleteRetentionMs: number): void {
  const { get } = Object.getOwnPropertyDescriptor(Log.prototype, 'config')!
  replace(Log.prototype, 'config', {
    get(this: Log) { return { ...(get!.call(this) as Log['config']), deleteRetentionMs } },
  })
}

/** Every so many times the map is asked, it names another offset than that of the newest record. */
function answerWrong(every: number, offset: number): void {
  const { get } = OffsetMap.prototype
  const asked = { times: 0 }
  replace(OffsetMap.prototype, 'get', {
    value(this: OffsetMap, ...key: Parameters<typeof get>): number {
      return ++asked.times % every === 0 ? offset : get.apply(this, key)
    },
  })
}

/** All data of transactions stays, and of their marks none. */
function dropMarks(): void {
  const { isObsolete } = CleanedTransactions.prototype
  replace(CleanedTransactions.prototype, 'isObsolete', {
    value(this: CleanedTransactions, batch: Parameters<typeof isObsolete>[0]): boolean {
      isObsolete.call(this, batch)
      return batch.isControl
    },
  })
}

export const SABOTAGES: readonly Sabotage[] = [
  { name: 'tombstones go too early', patch: () => retainTombstonesFor(0) },
  { name: 'tombstones stay for ever', patch: () => retainTombstonesFor(Infinity) },
  { name: 'an older value of a key stays', patch: () => answerWrong(100, -1) },
  { name: 'the newest value of a key goes', patch: () => answerWrong(100, Infinity) },
  {
    name: 'what was aborted is kept as if it were committed',
    patch: () => replace(CleanedTransactions.prototype, 'isObsolete', { value: () => false }),
  },
  { name: 'marks go, and the records that they aborted stay', patch: dropMarks },
]

/** The process is a broker with this one rule broken; the rest are the arguments of `samsa`. */
export async function sabotagedBroker([name, ...args]: readonly string[]): Promise<never> {
  const sabotage = SABOTAGES.find((one) => one.name === name)
  const options = quickStartOptions(args)
  if (sabotage === undefined || options === undefined) throw new Error(`cannot start ${name}`)
  sabotage.patch()
  process.exit(await start(options))
}
