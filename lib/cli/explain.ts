// `samsa configs explain`: what a setting does, its default, and where its value comes from.

import { CLIENT_METRICS_CONFIGS } from '../../controller/client-metrics-configs.ts'
import { GROUP_CONFIGS } from '../../controller/group-configs.ts'
import { synonymsOf } from '../../controller/topic-settings.ts'
import { TOPIC_CONFIGS } from '../../storage/config.ts'
import type { Client } from '../client/client.ts'
import {
  describe, type Resource, type Setting, type Source, type Synonym,
} from '../client/configs.ts'
import { nearest } from '../config/nearest.ts'
import { SETTINGS_BY_NAME } from '../config/table.ts'
import { counted } from './arguments.ts'
import { command } from './command.ts'
import { CommandError } from './exit.ts'
import { ALL_BROKERS, describeSettings, resourceOf, shownValue, TYPES } from './resources.ts'
import type { Session } from './session.ts'

const DOC_COLUMNS = 100

export const explain = command({
  usage: 'explain <setting> [type] [name]',
  describe: 'What a setting does, its default, and where its value comes from',
  examples: [
    ['samsa configs explain retention.ms', 'of topics'],
    ['samsa configs explain retention.ms topic orders', 'and what counts for one of them'],
    ['samsa configs explain log.retention.ms broker 1', 'of a broker'],
  ],
  options: (yargs) => yargs
    .positional('setting', { type: 'string', demandOption: true, describe: 'Its name' })
    .positional('type', { choices: TYPES, describe: 'Of what; whatever has it if left out' })
    .positional('name', {
      type: 'string', describe: 'Of which one; if left out of any broker, or of none in particular',
    }),
  async run({ setting: wanted, type, name }, session) {
    const { client } = session
    const known = new Set<string>()
    if (name === undefined) {
      for (const kind of KINDS) {
        if (type !== undefined && kind.type !== type) continue
        const setting = kind.settings.find((one) => one.name === wanted)
        if (setting !== undefined) return showKind(kind, setting, session)
        for (const one of kind.settings) known.add(one.name)
      }
    }
    if (name !== undefined || type === undefined || type === 'broker' || type === 'logger') {
      const resource = name === undefined || type === undefined
        ? await anyBroker(client, type === 'logger' ? type : 'broker') : resourceOf(type, name)
      const settings = await describeSettings(client, resource)
      const setting = settings.find((one) => one.name === wanted)
      if (setting !== undefined) return showExplained(setting, resource, session)
      for (const one of settings) known.add(one.name)
    }
    const meant = nearest(wanted, known)
    throw new CommandError(`there is no setting ${wanted}`,
      meant === undefined ? `${counted(known.size, 'setting')} are known: `
        + '`samsa configs get broker ID --all` shows those of a broker.' : `Did you mean ${meant}?`)
  },
})

interface KindSetting {
  readonly name: string
  readonly type: string
  /** Kafka's, as text; null: no value. */
  readonly default: string | null
  readonly doc: string
  /** Settings of a broker that count where this one is not set; the first that is given does. */
  readonly inherits: readonly string[]
}

/** What has settings that are known without one that has them. */
interface Kind {
  readonly type: 'topic' | 'group' | 'client-metrics'
  readonly plural: string
  readonly settings: readonly KindSetting[]
}

const KINDS: readonly Kind[] = [
  {
    type: 'topic', plural: 'topics',
    settings: TOPIC_CONFIGS.map((one) => (
      { ...one, inherits: synonymsOf(one.name).map(({ name }) => name) })),
  },
  {
    type: 'group', plural: 'groups',
    settings: GROUP_CONFIGS.filter(({ isInternal }) => isInternal !== true)
      .map((one) => (
        { ...one, inherits: one.synonym === undefined ? [] : [one.synonym] })),
  },
  {
    type: 'client-metrics', plural: 'subscriptions to metrics of clients',
    settings: CLIENT_METRICS_CONFIGS.map((one) => ({ ...one, inherits: [] })),
  },
]

async function anyBroker(client: Client, type: 'broker' | 'logger'): Promise<Resource> {
  const { brokers } = await client.cluster({ topics: [] })
  return { type, name: String([...brokers.keys()].sort((a, b) => a - b)[0]) }
}

/** A setting as all of a kind have it, with what a broker has for those that do not set it. */
async function showKind(
  { type, plural }: Kind, setting: KindSetting, { client, output }: Session,
): Promise<void> {
  const { name, doc, inherits } = setting
  const broker = inherits.length === 0 ? undefined : await anyBroker(client, 'broker')
  const synonyms = broker === undefined ? [] : await inheritedFrom(client, broker, inherits)
  output.show({
    name, resource: { type, name: null }, type: setting.type, readOnly: false, doc, value: null,
    source: null, default: { name, value: setting.default, source: 'default' }, synonyms,
  }, () => {
    output.fields([
      [name, `of ${plural}`],
      ['default', setting.default],
      ['type', setting.type],
      ['changes', 'at once'],
      ['doc', wrapped(doc, output.columns ?? DOC_COLUMNS)],
    ])
    if (synonyms.length === 0) return
    output.line()
    output.line(`Where it is not set the first of these counts, on broker ${broker!.name}:`)
    showSynonyms(synonyms, false, output)
  })
}

/** The strongest first, as in the synonyms of a setting that is set. */
const STRENGTHS: readonly Source[] = ['broker', 'all brokers', 'server.properties', 'default']

/** A broker names only those synonyms of a setting that are weaker than what gives it itself. */
async function inheritedFrom(
  client: Client, broker: Resource, names: readonly string[],
): Promise<Synonym[]> {
  const found = await describe(client, broker, names)
  const own = found.flatMap(({ name, synonyms }) => synonyms.filter((one) => one.name === name))
  return own.sort((a, b) => STRENGTHS.indexOf(a.source) - STRENGTHS.indexOf(b.source)
    || names.indexOf(a.name) - names.indexOf(b.name))
}

function showSynonyms(
  synonyms: readonly Synonym[], isSensitive: boolean, output: Session['output'],
): void {
  output.table(['SETTING', 'VALUE', 'FROM'], synonyms.map(({ name, value, source }) => (
    [name, shownValue({ value, isSensitive }), source])))
}

function showExplained(setting: Setting, { type, name }: Resource, { output }: Session): void {
  const { doc, source, isReadOnly, synonyms } = setting
  const fallback = defaultOf(setting, type)
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
    showSynonyms(synonyms, setting.isSensitive, output)
  })
}

/** By the broker's word, or where it has none, by Kafka's. */
function defaultOf(setting: Setting, type: Resource['type']): Synonym | undefined {
  const { name, synonyms } = setting
  const said = synonyms.find(({ source }) => source === 'default')
  if (said !== undefined || setting.source === 'default') {
    return said ?? { name, value: setting.value, source: 'default' }
  }
  const value = type === 'broker' ? SETTINGS_BY_NAME.get(name)?.spec.default
    : KINDS.find((kind) => kind.type === type)?.settings.find((one) => one.name === name)?.default
  return value === undefined ? undefined : { name, value, source: 'default' }
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
