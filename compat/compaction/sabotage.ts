// Rules of the log cleaner, each broken on purpose. What readers see has to differ every time.

import { OffsetMap } from '../../storage/compaction/offset-map.ts'
import { CleanedTransactions } from '../../storage/compaction/transactions.ts'
import { Log } from '../../storage/log.ts'
import { replace, type Sabotage } from '../harness/sabotage.ts'

/** The first argument of a process that is to be such a broker. */
export const SABOTAGED_BROKER = 'sabotaged-cleaner'

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
