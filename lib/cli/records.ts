// `samsa records`: delete records from the front of partitions.

import { partitionKey } from '../client/client.ts'
import { RefusedError } from '../client/errors.ts'
import { endsOf } from '../client/offsets.ts'
import { deleteBefore } from '../client/records.ts'
import { counted, partitionList, PARTITIONS, partitionsOf } from './arguments.ts'
import { command, withConfirmation } from './command.ts'
import { DONE, FAILED } from './exit.ts'
import { errorJson, tellRefusals } from './failure.ts'
import { OFFSET_HELP, parseOffset, resolveOffsets } from './offset-spec.ts'

const deleteRecords = command({
  usage: 'delete <topic>',
  describe: 'Delete the records before an offset or a time',
  examples: [
    ['samsa records delete orders --before 7d', 'what is older than a week'],
    ['samsa records delete orders --before end --yes', 'all of them'],
    ['samsa records delete orders --partition 0 --before 500 --dry-run', 'what that would be'],
  ],
  options: (yargs) => withConfirmation(yargs)
    .positional('topic', { type: 'string', demandOption: true, describe: 'Its name' })
    .option('before', {
      type: 'string', demandOption: true,
      describe: `The first to stay: ${OFFSET_HELP}`,
    })
    .option('partition', PARTITIONS),
  async run(given, session) {
    const { client, output, clock } = session
    const { topic } = given
    const spec = parseOffset('--before', given.before, clock.nowMs())
    const wanted = given.partition === undefined
      ? undefined : partitionList('--partition', given.partition)
    const places = await partitionsOf(client, topic, wanted)
    const ends = await endsOf(client, places)
    const targets = await resolveOffsets(client, spec, places, ends)
    const plan = places.map((one) => {
      const key = partitionKey(one)
      return { ...one, start: ends.get(key)!.start, offset: targets.get(key)! }
    }).filter(({ start, offset }) => offset > start)
    const total = plan.reduce((sum, { start, offset }) => sum + offset - start, 0)
    if (given.dryRun || plan.length === 0) {
      output.show({
        topic, dryRun: given.dryRun,
        partitions: plan.map(({ partition, start, offset }) => (
          { partition, startOffset: start, before: offset })),
      }, () => {
        if (plan.length === 0) return output.line(`${topic}: there is nothing to delete`)
        output.table(['PARTITION', 'START', 'WOULD BE', 'OFFSETS'], plan.map((one) => (
          [one.partition, one.start, one.offset, one.offset - one.start])))
      })
      return DONE
    }
    const question = `Delete ${counted(total, 'offset')} of ${counted(plan.length, 'partition')} `
      + `of ${topic}?`
    if (!await session.confirm(given, question)) return FAILED
    const results = await deleteBefore(client, plan)
    const rows = plan.map((one) => {
      const { partition, start } = one
      const result = results.get(partitionKey(one))!
      return result instanceof RefusedError ? { partition, error: errorJson(result) }
        : { partition, was: start, startOffset: result }
    })
    output.show({ topic, partitions: rows }, () => {
      output.table(['PARTITION', 'WAS', 'START'], rows.map((one) => (
        [one.partition, one.was, one.startOffset])))
    })
    return tellRefusals([...results.values()], session)
  },
})

export const commands = [deleteRecords]
