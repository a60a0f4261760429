// `kafka-consumer-groups --reset-offsets`: where a group without members goes on.

import { Errors } from '../../../protocol/errors.ts'
import { partitionKey, type TopicPartition } from '../../client/client.ts'
import { RefusedError } from '../../client/errors.ts'
import { commitOffsets, committedOffsets } from '../../client/group-offsets.ts'
import { describe } from '../../client/groups.ts'
import { endsOf } from '../../client/offsets.ts'
import { CommandError, UsageError } from '../exit.ts'
import { type OffsetSpec, resolveOffsets } from '../offset-spec.ts'
import type { Session } from '../session.ts'
import { type GroupOptions, placesOf, SCENARIOS } from './group-options.ts'
import { columns } from './tool.ts'

const WIDTHS = [15, 15, 10, 15]

interface Target extends TopicPartition {
  readonly offset: number
}

export async function resetOffsets(
  given: GroupOptions, groups: readonly string[], session: Session,
): Promise<void> {
  const { client, output, terminal } = session
  const isDryRun = given.oneOf(['dry-run', 'execute']) !== 'execute'
  if (isDryRun && !given.has('dry-run')) {
    terminal.writeError('WARN: No action will be performed as the --execute option is missing.\n')
  }
  const rows: (readonly [string, string, number, number])[] = []
  for (const groupId of groups) {
    const state = await stateOf(groupId, session)
    if (state !== 'Empty' && state !== 'Dead') {
      output.line(`\nError: Assignments can only be reset if the group '${groupId}' is inactive, `
        + `but the current state is ${state}.`)
      continue
    }
    const targets = await targetsOf(given, groupId, session)
    if (!isDryRun) await commitOffsets(client, groupId, targets)
    for (const { topic, partition, offset } of targets) {
      rows.push([groupId, topic, partition, offset])
    }
  }
  const widths = WIDTHS.map((least, column) => (
    column > 1 ? least : Math.max(least, ...rows.map((row) => String(row[column]).length))))
  output.line()
  output.line(columns(widths, ['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET']))
  for (const row of rows) output.line(columns(widths, row))
}

/** A group that is not there yet is made by its first offsets. */
async function stateOf(groupId: string, { client }: Session): Promise<string> {
  try {
    return (await describe(client, groupId)).state
  } catch (error) {
    if (error instanceof RefusedError && error.code === Errors.GROUP_ID_NOT_FOUND) return 'Dead'
    throw error
  }
}

async function targetsOf(
  given: GroupOptions, groupId: string, { client, clock }: Session,
): Promise<Target[]> {
  const scenario = given.oneOf(SCENARIOS)
  if (scenario === undefined) {
    throw new UsageError('Option [reset-offsets] takes one of these: '
      + SCENARIOS.map((name) => `--${name}`).join(', '))
  }
  const scope = given.oneOf(['topic', 'all-topics'])
  if (scope === undefined) throw new UsageError('One of the reset scopes: --all-topics, --topic')
  const committed = new Map((await committedOffsets(client, groupId))
    .map((one) => [partitionKey(one), one]))
  const places = scope === 'topic'
    ? await placesOf(client, given.list('topic')) : [...committed.values()]
  const ends = await endsOf(client, places)
  const spec = specOf(given, clock.nowMs())
  const resolved = spec === undefined ? new Map<string, number>()
    : await resolveOffsets(client, spec, places, ends)
  const shift = given.number('shift-by', -Infinity)
  return places.map(({ topic, partition }) => {
    const key = partitionKey({ topic, partition })
    const { start, end } = ends.get(key)!
    const current = committed.get(key)?.offset
    if (shift !== undefined && current === undefined) {
      throw new CommandError(`Cannot shift offset for partition ${key} since there is no current `
        + 'committed offset')
    }
    const moved = (current ?? end) + (shift ?? 0)
    return {
      topic, partition, offset: resolved.get(key) ?? Math.min(Math.max(moved, start), end),
    }
  })
}

/** Undefined for those that go by what is committed. */
function specOf(given: GroupOptions, nowMs: number): OffsetSpec | undefined {
  if (given.has('to-earliest')) return { kind: 'beginning' }
  if (given.has('to-latest')) return { kind: 'end' }
  const offset = given.number('to-offset')
  if (offset !== undefined) return { kind: 'offset', offset }
  const duration = given.value('by-duration')
  if (duration !== undefined) return { kind: 'time', timeMs: nowMs - isoDurationMs(duration) }
  const datetime = given.value('to-datetime')
  if (datetime === undefined) return undefined
  // Without a zone it is in UTC.
  const timeMs = Date.parse(/([zZ]|[+-]\d\d:?\d\d)$/.test(datetime) ? datetime : `${datetime}Z`)
  if (!Number.isNaN(timeMs)) return { kind: 'time', timeMs }
  throw new UsageError(`--to-datetime ${datetime}: write YYYY-MM-DDThh:mm:ss.sss`)
}

/** `P7D`, `PT1H30M`. */
function isoDurationMs(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text)
  if (match === null || /(P|T)$/.test(text)) {
    throw new UsageError(`--by-duration ${text}: write PnDTnHnMnS, such as P7D or PT1H`)
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((n) => Number(n ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
