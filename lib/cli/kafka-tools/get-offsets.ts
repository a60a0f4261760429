// `kafka-get-offsets`: where partitions begin and end, or were at a time.

import type { TopicPartition } from '../../client/client.ts'
import { RefusedError } from '../../client/errors.ts'
import { EARLIEST, LATEST, offsetsAt } from '../../client/offsets.ts'
import { partitionKey } from '../../client/client.ts'
import { CommandError, FAILED, UsageError } from '../exit.ts'
import { CONNECTION, topicPattern } from './options.ts'
import { tool } from './tool.ts'

const MAX_TIMESTAMP = -3
const TIMES: Readonly<Record<string, number>> = {
  earliest: EARLIEST, latest: LATEST, 'max-timestamp': MAX_TIMESTAMP,
}

type Filter = (one: TopicPartition) => boolean

export const command = tool({
  options: {
    ...CONNECTION, topic: 'value', partitions: 'value', 'topic-partitions': 'value', time: 'value',
    'exclude-internal-topics': 'flag',
  },
  fail(reason, { session }) {
    session.terminal.writeError(`Error occurred: ${reason}\n`)
    return FAILED
  },
  async run(given, { client, output, terminal }) {
    const rules = given.value('topic-partitions')
    if (rules !== undefined) given.refuse(['topic', 'partitions'], '--topic-partitions')
    const isWanted = rules === undefined
      ? ofTopic(given.value('topic'), given.value('partitions')) : ofRules(rules)
    const time = timeOf(given.value('time') ?? 'latest')
    const { topics } = await client.cluster({ topics: 'all', isFresh: true })
    const asked = [...topics.values()]
      .filter(({ isInternal }) => !isInternal || !given.has('exclude-internal-topics'))
      .flatMap(({ name, partitions }) => (
        partitions.map(({ partition }) => ({ topic: name, partition, time }))))
      .filter(isWanted)
    if (asked.length === 0) {
      throw new CommandError('Could not match any topic-partitions with the specified filters')
    }
    const found = await offsetsAt(client, asked)
    // In the order of their names as text, as the tool has them.
    const byText = [...asked].sort((a, b) => partitionKey(a) < partitionKey(b) ? -1 : 1)
    for (const one of byText) {
      const key = partitionKey(one)
      const at = found.get(key)!
      if (at instanceof RefusedError) {
        terminal.writeError('Skip getting offsets for topic-partition '
          + `${key} due to error: ${at.message}\n`)
      } else if (at.offset >= 0) output.line(`${one.topic}:${one.partition}:${at.offset}`)
    }
  },
})

function timeOf(text: string): number {
  const time = TIMES[text] ?? (/^-?\d+$/.test(text) ? Number(text) : NaN)
  if (time >= MAX_TIMESTAMP) return time
  throw new UsageError(`--time ${text}: write -1 or latest, -2 or earliest, -3 or max-timestamp, `
    + 'or milliseconds since 1970')
}

function ofTopic(topic = '.*', partitions = ''): Filter {
  const pattern = topicPattern(topic)
  if (!/^(\d+(,\d+)*)?$/.test(partitions)) {
    throw new UsageError('--partitions expects a comma separated list of numeric partition ids, '
      + `but received: ${partitions}`)
  }
  const ids = partitions === '' ? undefined : partitions.split(',').map(Number)
  return (one) => pattern.test(one.topic) && (ids?.includes(one.partition) ?? true)
}

/** `orders:0`, `orders:0-3` (without 3), `orders:2-`, `:-2`, `orders`, and commas between them. */
function ofRules(text: string): Filter {
  const rules = text.split(',').map((rule): Filter => {
    const match = /^([^:,]*)(?::(?:(\d+)|(?:(\d*)-(\d*)))?)?$/.exec(rule)
    if (match === null) throw new UsageError(`Invalid rule specification: ${rule}`)
    const [, topic = '', only, first = '', end = ''] = match
    const pattern = topicPattern(topic === '' ? '.*' : topic)
    const least = only === undefined ? Number(first) : Number(only)
    const past = only !== undefined ? least + 1 : end === '' ? Infinity : Number(end)
    return (one) => pattern.test(one.topic) && one.partition >= least && one.partition < past
  })
  return (one) => rules.some((rule) => rule(one))
}
