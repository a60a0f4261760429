// `samsa configs`: get, set, unset and explain the settings of topics, brokers and groups.

import type { Argv } from 'yargs'
import { alter, type Resource, type ResourceType, type Setting } from '../client/configs.ts'
import { nearest } from '../config/nearest.ts'
import { pairs } from './arguments.ts'
import { command, withDryRun } from './command.ts'
import { CommandError, UsageError } from './exit.ts'
import { explain } from './explain.ts'
import { describeSettings, resourceOf, shownValue, TYPES } from './resources.ts'
import type { CommonOptions, Session } from './session.ts'


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

function withResource(yargs: Argv<CommonOptions>) {
  return yargs
    .positional('type', { choices: TYPES, demandOption: true, describe: 'Of what' })
    .positional('name', {
      type: 'string', demandOption: true, describe: 'Of which one; broker all: of all brokers',
    })
}

export const commands = [get, set, unset, explain]
