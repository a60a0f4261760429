// `samsa transactions`: list, describe and abort transactions.

import { partitionKey } from '../client/client.ts'
import {
  abort, abortIn, describe, type DescribedTransaction, list, type OpenProducer, openIn,
} from '../client/transactions.ts'
import { counted, globExpression, wholeNumber } from './arguments.ts'
import { command, withConfirmation } from './command.ts'
import { CommandError, DONE, FAILED, UsageError } from './exit.ts'
import type { DestructiveOptions, Session } from './session.ts'
import { durationMs, shownDuration, shownTime } from './units.ts'

const listTransactions = command({
  usage: 'list [pattern]',
  describe: 'Transactional ids, with their states',
  examples: [
    ['samsa transactions list --state Ongoing', 'those that are open'],
    ['samsa transactions list --older 5m', 'those that are open for longer'],
  ],
  options: (yargs) => yargs
    .positional('pattern', { type: 'string', describe: 'An id; * and ? stand for characters' })
    .option('state', {
      type: 'string', array: true, default: [] as string[],
      describe: 'Ongoing, PrepareCommit, CompleteAbort, …; may be given again',
    })
    .option('producer', {
      type: 'number', array: true, default: [] as number[],
      describe: 'Those of a producer id',
    })
    .option('older', { type: 'string', describe: 'Open for longer: 5m' }),
  async run({ pattern = '*', state, producer, older }, { client, output }) {
    const matches = globExpression(pattern)
    const found = (await list(client, {
      states: state, producerIds: producer,
      olderThanMs: older === undefined ? -1 : durationMs('--older', older),
    })).filter(({ transactionalId }) => matches.test(transactionalId))
    output.show(found, () => {
      if (found.length === 0) return output.note('There are no such transactions.')
      output.table(['TRANSACTIONAL ID', 'STATE', 'PRODUCER', 'COORDINATOR'], found.map((one) => (
        [one.transactionalId, one.state, one.producerId, one.coordinatorId])))
    })
  },
})

const describeTransactions = command({
  usage: 'describe <ids..>',
  describe: 'State, producer, age, and the partitions written to',
  examples: [['samsa transactions describe billing-1', 'one of them']],
  options: (yargs) => yargs.positional('ids', {
    type: 'string', array: true, demandOption: true, describe: 'Transactional ids',
  }),
  async run({ ids }, { client, output, clock }) {
    const found: DescribedTransaction[] = []
    for (const id of ids) found.push(await describe(client, id))
    output.show(found, () => {
      for (const [index, one] of found.entries()) {
        if (index > 0) output.line()
        const { startedMs } = one
        output.fields([
          ['transactional id', one.transactionalId],
          ['state', one.state],
          ['producer', `${one.producerId}, epoch ${one.producerEpoch}`],
          ['time-out', shownDuration(one.timeoutMs)],
          ['open since', startedMs === undefined ? null
            : `${shownTime(startedMs)} (${shownDuration(clock.nowMs() - startedMs)})`],
          ['coordinator', one.coordinator],
          ['partitions', one.partitions.map(partitionKey).join(' ') || null],
        ])
      }
    })
  },
})

const abortTransaction = command({
  usage: 'abort [id]',
  describe: 'Abort an open transaction, and fence its producer',
  examples: [
    ['samsa transactions abort billing-1', 'the one of a transactional id'],
    ['samsa transactions abort --topic orders --partition 0', 'those that are open there'],
    ['samsa transactions abort --topic orders --partition 0 --start-offset 42',
      'one that no coordinator knows any more'],
  ],
  options: (yargs) => withConfirmation(yargs)
    .positional('id', { type: 'string', describe: 'A transactional id' })
    .option('topic', { alias: 't', type: 'string', describe: 'Of a transaction that hangs' })
    .option('partition', { alias: 'p', type: 'number', describe: 'Of a transaction that hangs' })
    .option('start-offset', { type: 'number', describe: 'Its first offset there' }),
  async run(given, session) {
    const { id, topic, partition, startOffset } = given
    if ((id === undefined) === (topic === undefined)) {
      throw new UsageError('name a transactional id, or --topic and --partition')
    }
    if (startOffset !== undefined) wholeNumber('--start-offset', startOffset)
    if (id !== undefined) return abortById(id, given, session)
    if (partition === undefined) throw new UsageError('--topic needs --partition')
    wholeNumber('--partition', partition)
    return abortAt({ topic: topic!, partition }, startOffset, given, session)
  },
})

async function abortById(
  id: string, options: DestructiveOptions, session: Session,
): Promise<number> {
  const { client, output } = session
  const described = await describe(client, id)
  if (described.state !== 'Ongoing') {
    throw new CommandError(`the transaction of ${id} is not open: ${described.state}`,
      '`samsa transactions list --state Ongoing` shows those that are.')
  }
  const partitions = counted(described.partitions.length, 'partition')
  if (!options.dryRun) {
    const question = `Abort the transaction of ${id} in ${partitions}, and fence its producer?`
    if (!await session.confirm(options, question)) return FAILED
    await abort(client, described)
  }
  output.show({ transactionalId: id, dryRun: options.dryRun, partitions: described.partitions },
    () => output.line(`${options.dryRun ? 'would abort' : 'aborted'} ${id} in ${partitions}`))
  return DONE
}

async function abortAt(
  place: { readonly topic: string, readonly partition: number }, startOffset: number | undefined,
  options: DestructiveOptions, session: Session,
): Promise<number> {
  const { client, output } = session
  const open = await openIn(client, place)
  const key = partitionKey(place)
  if (startOffset === undefined) {
    output.show({ ...place, open }, () => {
      if (open.length === 0) return output.note(`No transaction is open in ${key}.`)
      showOpen(open, session)
      output.note('Those of a live coordinator end by their time-out. '
        + '--start-offset aborts one of them.')
    })
    return DONE
  }
  const found = open.find((one) => one.startOffset === startOffset)
  if (found === undefined) {
    throw new CommandError(`no transaction that is open in ${key} begins at ${startOffset}`,
      `\`samsa transactions abort --topic ${place.topic} --partition ${place.partition}\` shows `
      + 'which there are.')
  }
  if (!options.dryRun) {
    const question = `Abort the transaction of producer ${found.producerId} in ${key}?`
    if (!await session.confirm(options, question)) return FAILED
    await abortIn(client, place, found)
  }
  output.show({ ...place, dryRun: options.dryRun, ...found }, () => output.line(
    `${options.dryRun ? 'would abort' : 'aborted'} the transaction at ${startOffset} of ${key}`))
  return DONE
}

function showOpen(open: readonly OpenProducer[], { output }: Session): void {
  output.table(['PRODUCER', 'EPOCH', 'START OFFSET', 'LAST WRITE'], open.map((one) => (
    [one.producerId, one.producerEpoch, one.startOffset, shownTime(one.lastTimestamp)])))
}

export const commands = [listTransactions, describeTransactions, abortTransaction]
