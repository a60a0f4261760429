// `samsa consume`: records from the beginning, an offset, a time, or for a group.

import { partitionList, PARTITIONS, wholeNumber } from './arguments.ts'
import { command } from './command.ts'
import { UsageError } from './exit.ts'
import { OFFSET_HELP, parseOffset } from './offset-spec.ts'
import { Reading } from './reading.ts'
import { type PlacedRecord, recordJson } from './record-json.ts'
import type { Session } from './session.ts'
import { compileTemplate, TEMPLATE_HELP } from './template.ts'

const consumeRecords = command({
  usage: 'consume <topics..>',
  describe: 'Read records, to the end of the topic or on and on',
  examples: [
    ['samsa consume orders', 'all there are, one value a line'],
    ['samsa consume orders --from end --follow', 'those that come'],
    ['samsa consume orders --from 1h --json', 'those of the last hour, as JSON'],
    ["samsa consume orders --format '%p %o %k %s'", 'in a form of your own'],
    ['samsa consume orders --group billing', 'what the group has not read yet'],
  ],
  options: (yargs) => yargs
    .positional('topics', { type: 'string', array: true, demandOption: true, describe: 'Which' })
    .option('from', {
      alias: 'o', type: 'string', default: 'beginning',
      describe: `Where to begin: ${OFFSET_HELP}`,
    })
    .option('until', {
      alias: 'u', type: 'string',
      describe: 'Where to end, written alike; the end as it is now if left out',
    })
    .option('partition', PARTITIONS)
    .option('count', { alias: 'n', type: 'number', describe: 'So many records, and no more' })
    .option('follow', {
      alias: 'f', type: 'boolean', default: false, describe: 'Wait for more until Ctrl-C',
    })
    .option('group', {
      alias: 'g', type: 'string', describe: 'Read as a member of the group, and commit',
    })
    .option('format', {
      alias: 'F', type: 'string', describe: `What is written of a record: ${TEMPLATE_HELP}`,
    })
    .option('uncommitted', {
      type: 'boolean', default: false,
      describe: 'Records of transactions that are open or were aborted as well',
    }),
  async run(given, session) {
    const { from, until, partition, count, follow, group, format, uncommitted } = given
    if (count !== undefined) wholeNumber('--count', count, 1)
    if (follow && until !== undefined) {
      throw new UsageError('--follow and --until do not go together')
    }
    if (group !== undefined && (partition !== undefined || until !== undefined)) {
      throw new UsageError('a --group shares the partitions itself, and reads to the end: '
        + 'leave --partition and --until out')
    }
    if (format !== undefined && given.json) {
      throw new UsageError('--format and --json do not go together')
    }
    const nowMs = session.clock.nowMs()
    const reading = new Reading(session, {
      topics: [...new Set(given.topics)],
      from: parseOffset('--from', from, nowMs),
      until: until === undefined ? undefined : parseOffset('--until', until, nowMs),
      partitions: partition === undefined ? undefined : partitionList('--partition', partition),
      count: count ?? Infinity, follow,
      isolation: uncommitted ? 'read_uncommitted' : 'read_committed',
      write: writerOf(format, session),
    })
    if (group === undefined) await reading.run()
    else await reading.runAsMember(group)
  },
})

function writerOf(format: string | undefined, { output }: Session) {
  const template = compileTemplate(format ?? '%s')
  return output.isJson
    ? (record: PlacedRecord) => Buffer.from(`${recordJson(record)}\n`)
    : template
}

export const commands = [consumeRecords]
