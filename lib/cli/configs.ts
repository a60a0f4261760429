// `samsa configs`: get, set, unset and explain the settings of topics, brokers and groups.

import type { Argv } from 'yargs'
import type { Client } from '../client/client.ts'
import {
  alter, describe, type Resource, RESOURCE_TYPES, type ResourceType, type Setting, type Synonym,
} from '../client/configs.ts'
import { nearest } from '../config/nearest.ts'
import { counted, pairs } from './arguments.ts'
import { command, withDryRun } from './command.ts'
import { CommandError, UsageError } from './exit.ts'
import type { CommonOptions, Session } from './session.ts'

const TYPES = Object.keys(RESOURCE_TYPES) as ResourceType[]
const ALL_BROKERS = 'all'
const DOC_COLUMNS = 100

const get = command({
  usage: 'get <type> <name> [settings..]',
  describe: 'What was set, or the settings that are named',
  examples: [
    ['samsa configs get topic orders', 'what was set on the topic'],
    ['samsa configs get topic orders retention.ms', 'one setting, default or not'],
    ['samsa configs get broker 1 --all', 'all that counts for a broker'],
    ['samsa configs get broker all', 'what was set for all brokers'],
  ],
  options: (yargs) => withResource(yargs)
    .positional('settings', {
      type: 'string', array: true, default: [] as string[], describe: 'Names',
    })
    .option('all', {
      type: 'boolean', default: false, describe: 'Those that have their default as well',
    }),
  async run({ type, name, settings, all }, session) {
    const { client, output } = session
    const resource = resourceOf(type, name)
    const found = await describeSettings(client, resource)
    const shown = settings.length === 0
      ? found.filter(({ source }) => all || isSet(source, resource))
      : settings.map((one) => settingOf(found, one, resource))
    output.show(shown.map(({ name: key, value, source, isReadOnly, isSensitive, type: kind }) => (
      { name: key, value, source, type: kind, readOnly: isReadOnly, sensitive: isSensitive }
    )), () => {
      if (shown.length === 0) output.note(`Nothing was set on ${type} ${name}; --all shows all.`)
      else {
        output.table(['SETTING', 'VALUE', 'FROM'], shown.map((setting) => (
          [setting.name, shownValue(setting), setting.source])))
      }
    })
  },
})

/** On a broker the file that it was started with counts, too. */
function isSet(source: Setting['source'], { type }: Resource): boolean {
  return type === 'topic' ? source === 'topic' : source !== 'default'
}

function shownValue({ value, isSensitive }: Pick<Setting, 'value' | 'isSensitive'>): string | null {
  return isSensitive ? '(secret)' : value
}

/** Throws where a topic is not there, which brokers describe all the same, as if it were. */
async function describeSettings(client: Client, resource: Resource): Promise<Setting[]> {
  if (resource.type === 'topic') await client.topic(resource.name)
  return describe(client, resource)
}

function settingOf(found: readonly Setting[], name: string, { type }: Resource): Setting {
  const setting = found.find((one) => one.name === name)
  if (setting !== undefined) return setting
  const meant = nearest(name, found.map((one) => one.name))
  throw new CommandError(`a ${type} has no setting ${name}`, meant === undefined
    ? `\`samsa configs get ${type} NAME --all\` shows which there are.` : `Did you mean ${meant}?`)
}

const set = command({
  usage: 'set <type> <name> <settings..>',
  describe: 'Give settings a value: name=value',
  examples: [
    ['samsa configs set topic orders retention.ms=86400000', 'one day'],
    ['samsa configs set topic orders --append cleanup.policy=compact', 'one more of a list'],
  ],
  options: (yargs) => withDryRun(withResource(yargs))
    .positional('settings', {
      type: 'string', array: true, default: [] as string[], describe: 'name=value',
    })
    .option('append', {
      type: 'string', array: true, default: [] as string[],
      describe: 'To a list: name=value; may be given again',
    })
    .option('subtract', {
      type: 'string', array: true, default: [] as string[],
      describe: 'From a list: name=value; may be given again',
    }),
  async run(given, session) {
    const changes = {
      set: pairs('settings', given.settings), append: pairs('--append', given.append),
      subtract: pairs('--subtract', given.subtract),
    }
    if (Object.values(changes).every(({ size }) => size === 0)) {
      throw new UsageError('name what to set: name=value, --append or --subtract')
    }
    const names = Object.values(changes).flatMap((some) => [...some.keys()])
    await change(given, names, changes, session)
  },
})

const unset = command({
  usage: 'unset <type> <name> <settings..>',
  describe: 'Take settings back to what counts without them',
  examples: [['samsa configs unset topic orders retention.ms', 'the default again']],
  options: (yargs) => withDryRun(withResource(yargs)).positional('settings', {
    type: 'string', array: true, demandOption: true, describe: 'Names',
  }),
  run: (given, session) => change(given, given.settings, { unset: given.settings }, session),
})

async function change(
  given: { readonly type: ResourceType, readonly name: string, readonly dryRun: boolean },
  names: readonly string[], changes: Parameters<typeof alter>[2], { client, output }: Session,
): Promise<void> {
  const { type, name, dryRun } = given
  const resource = resourceOf(type, name)
  if (type === 'topic') await client.topic(name)
  await alter(client, resource, changes, { isDryRun: dryRun })
  const { set: values, unset: gone = [], append, subtract } = changes
  const plain = (map: ReadonlyMap<string, string> | undefined) => Object.fromEntries(map ?? [])
  output.show({
    type, name, dryRun, set: plain(values), unset: gone, append: plain(append),
    subtract: plain(subtract),
  }, () => {
    const would = dryRun ? 'would be ' : ''
    output.line(`${type} ${name}: ${names.join(', ')} ${would}${gone.length > 0 ? 'unset' : 'set'}`)
  })
}

const explain = command({
  usage: 'explain <setting> [type] [name]',
  describe: 'What a setting does, its default, and where its value comes from',
  examples: [
    ['samsa configs explain retention.ms', 'of topics'],
    ['samsa configs explain retention.ms topic orders', 'and what counts for one of them'],
    ['samsa configs explain log.retention.ms broker 1', 'of a broker'],
  ],
  options: (yargs) => yargs
    .positional('setting', { type: 'string', demandOption: true, describe: 'Its name' })
    .positional('type', { choices: TYPES, describe: 'Of what; topics and brokers if left out' })
    .positional('name', { type: 'string', describe: 'Of which one; any if left out' }),
  async run({ setting: wanted, type, name }, session) {
    const { client } = session
    const resources = type === undefined ? await anyResources(client)
      : [name === undefined ? await anyOf(client, type) : resourceOf(type, name)]
    const known = new Set<string>()
    for (const resource of resources) {
      const settings = await describeSettings(client, resource)
      const setting = settings.find((one) => one.name === wanted)
      if (setting !== undefined) {
        showExplained(setting, resource, session)
        return
      }
      for (const one of settings) known.add(one.name)
    }
    const meant = nearest(wanted, known)
    throw new CommandError(`there is no setting ${wanted}`,
      meant === undefined ? `${counted(known.size, 'setting')} are known: `
        + '`samsa configs get broker ID --all` shows those of a broker.' : `Did you mean ${meant}?`)
  },
})

/** Settings are explained by what has them. */
async function anyResources(client: Client): Promise<Resource[]> {
  const { topics } = await client.cluster({ topics: 'all' })
  const broker = await anyOf(client, 'broker')
  return topics.size === 0 ? [broker] : [await anyOf(client, 'topic'), broker]
}

async function anyOf(client: Client, type: ResourceType): Promise<Resource> {
  const { topics, brokers } = await client.cluster({ topics: 'all' })
  if (type === 'broker' || type === 'logger') return { type, name: String([...brokers.keys()][0]) }
  const [name] = [...topics.keys()].sort()
  if (type === 'topic' && name !== undefined) return { type, name }
  throw new UsageError(`name a ${type}: samsa configs explain SETTING ${type} NAME`)
}

function showExplained(setting: Setting, { type, name }: Resource, { output }: Session): void {
  const { doc, source, isReadOnly, synonyms } = setting
  const fallback = synonyms.find((synonym) => synonym.source === 'default')
  const given = { value: setting.value, source, default: fallback ?? null }
  output.show({
    name: setting.name, resource: { type, name }, type: setting.type, readOnly: isReadOnly, doc,
    ...given, synonyms,
  }, () => {
    output.fields([
      [setting.name, `of ${type} ${name === '' ? ALL_BROKERS : name}`],
      ['value', shownValue(setting)],
      ['from', source],
      ['default', fallback === undefined ? null : shownDefault(setting, fallback)],
      ['type', setting.type],
      ['changes', isReadOnly ? 'with a restart' : 'at once'],
      ['doc', doc === null ? null : wrapped(plainText(doc), output.columns ?? DOC_COLUMNS)],
    ])
    if (synonyms.length < 2) return
    output.line()
    output.line('The first of these that is given counts:')
    output.table(['SETTING', 'VALUE', 'FROM'], synonyms.map((synonym) => (
      [synonym.name, shownValue({ ...setting, value: synonym.value }), synonym.source])))
  })
}

/** It may be that of another setting, which counts where this one is not given. */
function shownDefault(setting: Setting, fallback: Synonym): string | null {
  const value = shownValue({ ...setting, value: fallback.value })
  return fallback.name === setting.name ? value : `${fallback.name}=${value}`
}

/** Kafka writes its documentation for web pages. */
function plainText(doc: string): string {
  return doc.replace(/<[^>]*>/g, ' ').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&').replace(/\s+/g, ' ').replace(/ ([.,;:)])/g, '$1').trim()
}

function wrapped(text: string, columns: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns - INDENT) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join(`\n${' '.repeat(4)}`)
}

const INDENT = 12

function resourceOf(type: ResourceType, name: string): Resource {
  if (type === 'broker' && name === ALL_BROKERS) return { type, name: '' }
  if ((type === 'broker' || type === 'logger') && !/^\d+$/.test(name)) {
    throw new UsageError(`broker ${name}: name its id, a number, or all`)
  }
  return { type, name }
}

function withResource(yargs: Argv<CommonOptions>) {
  return yargs
    .positional('type', { choices: TYPES, demandOption: true, describe: 'Of what' })
    .positional('name', {
      type: 'string', demandOption: true, describe: 'Of which one; broker all: of all brokers',
    })
}

export const commands = [get, set, unset, explain]
