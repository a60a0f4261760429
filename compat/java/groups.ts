// kafka-consumer-groups in all it can do, on a group of either protocol: while it has members, one
// of them static, when it has none, and when it is gone. What is expected is what Kafka 4.4.0 says.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Kafka, logLevel } from 'kafkajs'
import { uniqueName, type Check } from '../harness/check.ts'
import { startEventTool } from './events.ts'
import { withTools } from './tools.ts'
import { Transcript } from './transcript.ts'

export type Protocol = 'classic' | 'consumer'

const BASE_MS = 1_000_000_000_000
const TOOL = 'kafka-consumer-groups'
/** The protocols differ in what they know of members and epochs. */
const BY_PROTOCOL = {
  classic: {
    members: [/consumer-G-[\w-]+(?= )/g, /instance-one-[\w-]{36}/g],
    timeouts: ['--session-timeout', '6000'],
    assignor: 'range',
    emptyAssignor: '-',
    groupEpochs: '- -',
    static: '- T:0,1,2 - -',
    two: ['- T:0,1 - -', '- T:2 - -'],
  },
  consumer: {
    members: [/(?<=G |0 )[\w-]{22}(?= )/g],
    timeouts: [],
    assignor: 'uniform',
    emptyAssignor: 'uniform',
    groupEpochs: '2 2',
    static: '2 T:0,1,2 2 T:0,1,2',
    two: ['3 T:0,1 3 T:0,1', '3 T:2 3 T:2'],
  },
} as const

interface Talk {
  readonly protocol: Protocol
  readonly address: string
  readonly t: string
  readonly u: string
  readonly group: string
  readonly transcript: Transcript
}

/** Ten records in each of three partitions, and five of another topic, one each second of 2001. */
async function makeTopics(address: string, t: string, u: string): Promise<void> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({
    topics: [[t, 3], [u, 1]].map(([topic, numPartitions]) => ({
      topic: String(topic), numPartitions: Number(numPartitions),
      configEntries: [{ name: 'retention.ms', value: '-1' }],
    })),
  })
  const records = (partition: number, count: number) => Array.from({ length: count }, (_, i) => (
    { value: String(i), partition, timestamp: String(BASE_MS + i * 1000) }))
  await producer.send({ topic: t, messages: [0, 1, 2].flatMap((p) => records(p, 10)) })
  await producer.send({ topic: u, messages: records(0, 5) })
  await Promise.all([admin.disconnect(), producer.disconnect()])
}

async function talkOf(address: string, protocol: Protocol): Promise<void> {
  const [t, u, group] = [uniqueName('topic-t'), uniqueName('topic-u'), uniqueName('group-g')]
  await makeTopics(address, t, u)
  await withTools(async (session) => {
    const transcript = new Transcript(session, address, [
      [t, 'T'], [u, 'U'], [group, 'G'],
      ...BY_PROTOCOL[protocol].members.map((pattern) => [pattern, 'MEMBER'] as const),
      [/(?<=\/127\.0\.0\.1 )\S+/g, 'CLIENT'],
    ])
    const talk = { protocol, address, t, u, group, transcript }
    await ofNone(talk)
    await withMembers(talk)
    await withoutMembers(talk)
    await resets(talk)
    await deletions(talk)
  })
}

/** Lines of this group and its topics, and errors of which the tool says but the name. */
const OWN = /G|[TU][: ]|^[TU],|Exception$|nowhere/

const shows = (talk: Talk, args: readonly string[], expected: readonly string[]) => (
  talk.transcript.shows(TOOL, args, expected, OWN))

const describes = (talk: Talk, what: string, expected: readonly string[]) => (
  shows(talk, ['--describe', '--group', talk.group, ...what.split(' ')], expected))

async function ofNone(talk: Talk): Promise<void> {
  for (const what of ['--offsets', '--members', '--state']) {
    await describes(talk, what, ['GroupIdNotFoundException'])
  }
  await shows(talk, ['--delete', '--group', talk.group], ["* Group 'G' GroupIdNotFoundException"])
  await shows(talk, ['--delete-offsets', '--group', talk.group, '--topic', talk.t],
    ['T 0 GroupIdNotFoundException', 'T 1 GroupIdNotFoundException',
      'T 2 GroupIdNotFoundException'])
}

async function withMembers(talk: Talk): Promise<void> {
  const { protocol, address, t, group, transcript } = talk
  const facts = BY_PROTOCOL[protocol]
  const args = ['--bootstrap-server', address, '--topic', t, '--group-id', group,
    '--group-protocol', protocol, ...facts.timeouts]
  const one = await startEventTool(
    'kafka-verifiable-consumer', [...args, '--group-instance-id', 'instance-one'])
  const described = ['--describe', '--group', group]
  try {
    await transcript.reaches(TOOL, described, /^G T 2 10 10 0 MEMBER/)
    await describes(talk, '--offsets',
      [0, 1, 2].map((partition) => `G T ${partition} 10 10 0 MEMBER /127.0.0.1 CLIENT`))
    await describes(talk, '--offsets --verbose',
      [0, 1, 2].map((partition) => `G T ${partition} - 10 10 0 MEMBER /127.0.0.1 CLIENT`))
    await describes(talk, '--members', ['G MEMBER instance-one /127.0.0.1 CLIENT 3'])
    await describes(talk, '--members --verbose',
      [`G MEMBER instance-one /127.0.0.1 CLIENT 3 ${facts.static}`])
    await describes(talk, '--state --verbose',
      [`G BROKER (1) ${facts.assignor} Stable ${facts.groupEpochs} 1`])
    const two = await startEventTool('kafka-verifiable-consumer', args)
    try {
      await two.next('partitions_assigned')
      await transcript.reaches(TOOL, [...described, '--state'], /Stable 2$/)
      await describes(talk, '--state', [`G BROKER (1) ${facts.assignor} Stable 2`])
      await describes(talk, '--members --verbose', [
        `G MEMBER instance-one /127.0.0.1 CLIENT 2 ${facts.two[0]}`,
        `G MEMBER /127.0.0.1 CLIENT 1 ${facts.two[1]}`])
      await refusals(talk)
    } finally {
      await two.end('SIGTERM')
    }
  } finally {
    await one.end('SIGTERM')
  }
  await transcript.reaches(TOOL, [...described, '--state'], /Empty 0$/)
}

async function refusals(talk: Talk): Promise<void> {
  const { protocol, t, u, group } = talk
  await shows(talk, ['--reset-offsets', '--group', group, '--topic', t, '--to-earliest',
    '--execute'], ["Error: Assignments can only be reset if the group 'G' is inactive, "
    + 'but the current state is Stable.'])
  await shows(talk, ['--delete', '--group', group], ["* Group 'G' GroupNotEmptyException"])
  await shows(talk, ['--delete-offsets', '--group', group, '--topic', t],
    [0, 1, 2].map((partition) => `T ${partition} GroupSubscribedToTopicException`))
  await shows(talk, ['--delete-offsets', '--group', group, '--topic', u],
    ['Request succeeded for deleting offsets from group G.', 'U 0 Successful'])
  const type = protocol === 'classic' ? 'Classic' : 'Consumer'
  await shows(talk, ['--list', '--state', 'stable'], ['G Stable'])
  await shows(talk, ['--list', '--type', protocol, '--state', 'stable'], [`G ${type} Stable`])
  await shows(talk, ['--list', '--type', protocol, '--state', 'empty'], [])
}

const NO_MEMBERS = "Consumer group 'G' has no active members."

const hasOffsets = (talk: Talk, rows: readonly string[]) => describes(talk, '--offsets',
  [NO_MEMBERS, ...rows.map((row) => `G ${row} - - -`)])

async function withoutMembers(talk: Talk): Promise<void> {
  await hasOffsets(talk, ['T 0 10 10 0', 'T 1 10 10 0', 'T 2 10 10 0'])
  await describes(talk, '--members', [NO_MEMBERS])
  await describes(talk, '--state',
    [NO_MEMBERS, `G BROKER (1) ${BY_PROTOCOL[talk.protocol].emptyAssignor} Empty 0`])
}

async function resets(talk: Talk): Promise<void> {
  const { t, u, group } = talk
  const reset = (scope: readonly string[], how: string, expected: readonly string[]) => shows(
    talk, ['--reset-offsets', '--group', group, ...scope, ...how.split(' ')], expected)
  const all = (offset: number) => [0, 1, 2].map((partition) => `G T ${partition} ${offset}`)
  const ofT = ['--topic', t]
  await reset(ofT, '--to-earliest --dry-run', all(0))
  await reset(ofT, '--to-current --dry-run', all(10))
  await reset(ofT, '--to-offset 4 --execute', all(4))
  await reset(['--topic', `${t}:0,2`], '--shift-by -1 --execute', ['G T 0 3', 'G T 2 3'])
  await hasOffsets(talk, ['T 0 3 10 7', 'T 1 4 10 6', 'T 2 3 10 7'])
  await reset(['--topic', `${t}:1`], '--shift-by 100 --execute', ['G T 1 10'])
  await reset(['--topic', `${t}:0`], '--shift-by -100 --execute', ['G T 0 0'])
  await reset(ofT, '--to-datetime 2001-09-09T01:46:46.500Z --execute', all(7))
  const fallbacks = [0, 1, 2].map((partition) => (
    `Warn: Partition ${partition} from topic T is empty. Falling back to latest known offset.`))
  await reset(ofT, '--to-datetime 2021-09-09T01:46:46.500Z --execute', [...all(10), ...fallbacks])
  await reset(ofT, '--by-duration PT1S --dry-run', [...all(10), ...fallbacks])
  await reset(['--topic', u], '--to-offset 2 --execute', ['G U 0 2'])
  await reset(['--all-topics'], '--to-current --export --dry-run',
    ['T,0,10', 'T,1,10', 'T,2,10', 'U,0,2'])
  await reset(['--all-topics'], '--to-latest --execute', [...all(10), 'G U 0 5'])
  await resetFromFile(talk)
  await hasOffsets(talk, ['T 0 1 10 9', 'T 1 10 10 0', 'T 2 10 10 0', 'U 0 3 5 2'])
  await reset(['--topic', 'nowhere'], '--to-earliest --dry-run',
    ['UnknownTopicOrPartitionException'])
  await shows(talk, ['--reset-offsets', '--all-groups', '--all-topics', '--to-current',
    '--dry-run'], ['G T 0 1', 'G T 1 10', 'G T 2 10', 'G U 0 3'])
}

async function resetFromFile(talk: Talk): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-groups-'))
  const file = join(directory, 'plan.csv')
  writeFileSync(file, `"${talk.t}",0,1\n"${talk.t}",1,99\n${talk.u},0,3\n`)
  await shows(talk, ['--reset-offsets', '--group', talk.group, '--from-file', file, '--execute'],
    ['G T 0 1', 'G T 1 10', 'G U 0 3'])
  rmSync(directory, { recursive: true })
}

async function deletions(talk: Talk): Promise<void> {
  const { protocol, t, u, group } = talk
  const type = protocol === 'classic' ? 'Classic' : 'Consumer'
  const own = ['G T 0 1 10 9 - - -', 'G T 1 10 10 0 - - -', 'G T 2 10 10 0 - - -',
    'G U 0 3 5 2 - - -']
  await shows(talk, ['--describe', '--all-groups'], [NO_MEMBERS, ...own])
  const deletes = (topics: readonly string[], expected: readonly string[]) => shows(talk,
    ['--delete-offsets', '--group', group, ...topics.flatMap((topic) => ['--topic', topic])],
    expected)
  const done = 'Request succeeded for deleting offsets from group G.'
  await deletes([`${t}:1`], [done, 'T 1 Successful'])
  await deletes([`${t}:9`, u], ['T 9 UnknownTopicOrPartitionException', 'U 0 Successful'])
  await deletes(['nowhere'], [done, 'nowhere - UnknownTopicOrPartitionException'])
  await hasOffsets(talk, ['T 0 1 10 9', 'T 2 10 10 0'])
  await shows(talk, ['--list', '--state', '--type'], [`G ${type} Empty`])
  await shows(talk, ['--delete', '--group', group, '--group', 'nowhere'], [
    "* Group 'nowhere' GroupIdNotFoundException",
    "These consumer groups were deleted successfully: 'G'"])
  await shows(talk, ['--list'], [])
  await describes(talk, '--offsets', ['GroupIdNotFoundException'])
}

export const groupChecks: readonly Check[] = (['classic', 'consumer'] as const)
  .map((protocol) => ({
    name: `kafka-consumer-groups describes, resets and deletes a group, ${protocol} protocol`,
    timeoutMs: 400_000,
    run: ({ address }) => talkOf(address, protocol),
  }))
