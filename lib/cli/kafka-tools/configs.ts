// `kafka-configs`: describe and alter the settings of topics, brokers, groups and client metrics.

import {
  alter, describe, type Resource, type ResourceType, type Setting, type Source,
} from '../../client/configs.ts'
import { pairs } from '../arguments.ts'
import { FAILED, UsageError } from '../exit.ts'
import type { Session } from '../session.ts'
import { CONNECTION, type Given, readProperties } from './options.ts'
import { tool } from './tool.ts'

/** By the words of `--entity-type`. Quotas and users are nothing that Samsa would act on yet. */
const TYPES: Readonly<Record<string, ResourceType>> = {
  topics: 'topic', brokers: 'broker', 'broker-loggers': 'logger', groups: 'group',
  'client-metrics': 'client-metrics',
}
/** Options that say type and name at once. */
const SHORT_TYPES = {
  topic: 'topic', broker: 'broker', 'broker-logger': 'logger', group: 'group',
  'client-metrics': 'client-metrics',
} as const satisfies Readonly<Record<string, ResourceType>>
const SHORT = Object.keys(SHORT_TYPES) as (keyof typeof SHORT_TYPES)[]
const SOURCES: Readonly<Record<Source, string>> = {
  unknown: 'UNKNOWN', topic: 'DYNAMIC_TOPIC_CONFIG', broker: 'DYNAMIC_BROKER_CONFIG',
  'all brokers': 'DYNAMIC_DEFAULT_BROKER_CONFIG', 'server.properties': 'STATIC_BROKER_CONFIG',
  default: 'DEFAULT_CONFIG', logger: 'DYNAMIC_BROKER_LOGGER_CONFIG',
  'client metrics': 'DYNAMIC_CLIENT_METRICS_CONFIG', group: 'DYNAMIC_GROUP_CONFIG',
}
const OPTIONS = {
  ...CONNECTION, describe: 'flag', alter: 'flag', all: 'flag', 'add-config': 'value',
  'add-config-file': 'value', 'delete-config': 'list', 'entity-type': 'value',
  'entity-name': 'value', 'entity-default': 'flag', topic: 'value', broker: 'value',
  'broker-defaults': 'flag', 'broker-logger': 'value', group: 'value', 'client-metrics': 'value',
} as const

type Options = Given<typeof OPTIONS>

interface Entity {
  readonly type: ResourceType
  /** Empty: what counts for all brokers. Undefined: all there are. */
  readonly name: string | undefined
}

export const command = tool({
  options: OPTIONS,
  fail(reason, { session, args }) {
    session.terminal.writeError(
      `Error while executing config command with args '${args.join(' ')}'\n${reason}\n`)
    return FAILED
  },
  async run(given, session) {
    const action = given.action(['describe', 'alter'])
    const entity = entityOf(given)
    if (action === 'describe') {
      given.refuse(['add-config', 'add-config-file', 'delete-config'], '--describe')
      for (const one of await resourcesOf(entity, session)) {
        await describeOne(one, given.has('all'), session)
      }
    } else {
      given.refuse(['all'], '--alter')
      await alterOne(entity, given, session)
    }
  },
})

function entityOf(given: Options): Entity {
  const short = given.oneOf([...SHORT, 'broker-defaults', 'entity-type'])
  if (short !== 'entity-type') given.refuse(['entity-name', 'entity-default'], `--${short}`)
  if (short === 'broker-defaults') return { type: 'broker', name: '' }
  if (short !== undefined && short !== 'entity-type') {
    return { type: SHORT_TYPES[short], name: given.required(short) }
  }
  const type = TYPES[given.required('entity-type')]
  if (type === undefined) {
    throw new UsageError(`--entity-type ${given.value('entity-type')}: there are `
      + `${Object.keys(TYPES).join(', ')} here`)
  }
  if (!given.has('entity-default')) return { type, name: given.value('entity-name') }
  if (type !== 'broker') throw new UsageError('--entity-default is for brokers alone here')
  given.refuse(['entity-name'], '--entity-default')
  return { type, name: '' }
}

async function resourcesOf({ type, name }: Entity, { client }: Session): Promise<Resource[]> {
  if (name !== undefined) return [{ type, name }]
  const { topics, brokers } = await client.cluster({ topics: 'all', isFresh: true })
  if (type === 'topic') return [...topics.keys()].sort().map((one) => ({ type, name: one }))
  if (type !== 'broker') throw new UsageError('Name which one with --entity-name')
  return [...[...brokers.keys()].map(String), ''].map((one) => ({ type, name: one }))
}

async function describeOne(
  resource: Resource, isAll: boolean, session: Session,
): Promise<void> {
  const { type, name } = resource
  const { output } = session
  if (!await isThere(resource, session)) {
    output.line(`The ${type} '${name}' doesn't exist and doesn't have dynamic config.`)
    return
  }
  const settings = await describe(session.client, resource)
  const shown = isAll ? settings : settings.filter(({ source }) => source === sourceOf(resource))
  if (type === 'group' && shown.length === 0) {
    output.line(`The group '${name}' doesn't exist and doesn't have dynamic config.`)
    return
  }
  output.line(name === '' ? 'Default configs for brokers in the cluster are:'
    : `${isAll ? 'All' : 'Dynamic'} configs for ${nameOf(type)} ${name} are:`)
  for (const setting of shown) output.line(`  ${settingLine(setting)}`)
}

async function isThere({ type, name }: Resource, { client }: Session): Promise<boolean> {
  if (name === '') return true
  const { topics, brokers } = await client.cluster({ topics: 'all' })
  switch (type) {
    case 'topic': return topics.has(name)
    case 'broker':
    case 'logger': return brokers.has(Number(name))
    default: return true
  }
}

function sourceOf({ type, name }: Resource): Source {
  if (type === 'broker') return name === '' ? 'all brokers' : 'broker'
  return type === 'client-metrics' ? 'client metrics' : type
}

const nameOf = (type: ResourceType): string => (
  type === 'logger' ? 'broker-logger' : type === 'client-metrics' ? 'client-metric' : type)

function settingLine({ name, value, isSensitive, synonyms }: Setting): string {
  const others = synonyms.map((one) => `${SOURCES[one.source]}:${one.name}=${one.value ?? 'null'}`)
  return `${name}=${value ?? 'null'} sensitive=${isSensitive} synonyms={${others.join(', ')}}`
}

async function alterOne(
  { type, name }: Entity, given: Options, { client, output }: Session,
): Promise<void> {
  if (name === undefined) throw new UsageError('An entity name must be specified with --alter')
  const file = given.value('add-config-file')
  const set = new Map([
    ...file === undefined ? [] : readProperties(file),
    ...pairs('--add-config', splitConfigs(given.value('add-config') ?? '')),
  ].map(([key, value]) => [key, value.replace(/^\[|\]$/g, '').trim()]))
  const unset = given.list('delete-config').flatMap((text) => text.split(','))
    .map((text) => text.trim())
  if (set.size === 0 && unset.length === 0) {
    throw new UsageError('At least one of --add-config, --add-config-file, or --delete-config '
      + 'must be specified with --alter')
  }
  if (type === 'topic') await client.topic(name)
  await alter(client, { type, name }, { set, unset })
  output.line(name === '' ? 'Completed updating default config for brokers in the cluster.'
    : `Completed updating config for ${nameOf(type)} ${name}.`)
}

/** Commas inside of square brackets belong to a value. */
function splitConfigs(text: string): string[] {
  return text === '' ? [] : text.split(/,(?=[^\]]*(?:\[|$))/)
}
