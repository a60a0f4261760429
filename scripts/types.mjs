// The types of the library as they are published: dist/index.d.ts, and the same for `require`.
//
// What api.ts declares stands there as it is. Settings, topic configs and the fields of requests
// are written out of the tables that the broker itself goes by, with their documentation.

import { build, stop } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')
const work = join(root, '.cache', 'types')

/** What is taken over from the sources, and which of it. */
const SOURCES = ['lib/library/api.ts', 'lib/library/errors.ts', 'lib/start-error.ts']

export async function writeTypes(outdir = join(root, 'dist')) {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  emitDeclarations()
  const types = [
    '// The types of Samsa: a Kafka broker in this process. Written by `npm run build`.',
    '/// <reference types="node" />\n',
    declarationsOf('lib/library/api'),
    oneDeclaration('lib/library/errors', 'class KafkaError'),
    oneDeclaration('lib/start-error', 'class StartError'),
    '/** Starts brokers. */\nexport declare const Broker: BrokerFactory;\n',
    '/** The version of Samsa. */\nexport declare const VERSION: string;\n',
    ...tableTypes(await tables()),
  ].join('\n')
  for (const name of ['index.d.ts', 'index.d.cts']) writeFileSync(join(outdir, name), types)
}

function emitDeclarations() {
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: {
      noEmit: false, emitDeclarationOnly: true, declaration: true, outDir: '.', rootDir: '../..',
      typeRoots: ['../../node_modules/@types'],
    },
    files: SOURCES.map((file) => `../../${file}`),
    include: [],
  }
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', work], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the types of the library could not be written')
}

/** All that a file declares; what it imports is declared elsewhere. */
function declarationsOf(name) {
  const text = readFileSync(join(work, `${name}.d.ts`), 'utf8')
  return text.replace(/^(import|export) type \{[^}]*\} from .*;\n/gm, '')
}

/** One of them, with its documentation. */
function oneDeclaration(name, what) {
  const text = readFileSync(join(work, `${name}.d.ts`), 'utf8')
  const found = new RegExp(`(/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?export declare ${what} [^]*?\\n}\\n`)
    .exec(text)
  if (found === null) throw new Error(`${name} declares no ${what}`)
  return found[0]
}

/** Runs the sources that have the tables. */
async function tables() {
  const outfile = join(work, 'tables.mjs')
  await build({
    stdin: {
      resolveDir: root,
      contents: `
        export { SETTINGS } from './lib/config/table.ts'
        export { SAID_BY_OPTIONS, SINGLE_NODE_DEFAULTS } from './lib/library/options.ts'
        export { isServed } from './lib/config/values.ts'
        export { TOPIC_CONFIGS } from './storage/config.ts'
        export { handlers } from './lib/handlers/index.ts'
        export { Errors } from './protocol/errors.ts'`,
    },
    outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external',
    define: { SAMSA_VERSION: '""' }, logLevel: 'warning',
  })
  await stop()
  return import(pathToFileURL(outfile).href)
}

function tableTypes({
  SETTINGS, SAID_BY_OPTIONS, SINGLE_NODE_DEFAULTS, isServed, TOPIC_CONFIGS, handlers, Errors,
}) {
  const names = Object.keys(Errors).map((name) => `    | '${name}'`).join('\n')
  const taken = SETTINGS.filter((one) => isServed(one) && !SAID_BY_OPTIONS.has(one.name))
  const settings = taken.map((setting) => (
    settingType(setting, SINGLE_NODE_DEFAULTS.get(setting.name) ?? setting.spec.default)))
  return [
    `/** Kafka's name of an error. */\nexport type ErrorName =\n${names};\n`,
    '/** Kafka\'s settings of a broker, those that Samsa acts on. */\n'
      + `export interface Settings {\n${settings.join('')}}\n`,
    '/** Kafka\'s settings of a topic. */\n'
      + `export interface TopicConfigs {\n${TOPIC_CONFIGS.map(topicConfigType).join('')}}\n`,
    '/** The requests of each API that the broker serves, as they are read. */\n'
      + `export interface ApiRequests {\n${handlers.map(requestType).join('')}}\n`,
    requestTypes(),
  ]
}

/** The types that faults see, with the names and fields that the sources leave open. */
function requestTypes() {
  let text = declarationsOf('lib/library/fault-names')
  for (const [from, to] of [
    ['export type ApiName = string;', 'export type ApiName = keyof ApiRequests;'],
    ['Readonly<Record<string, unknown>>', 'ApiRequests[Name]'],
  ]) {
    if (!text.includes(from)) throw new Error(`fault-names.ts declares no ${from}`)
    text = text.replace(from, to)
  }
  return text.replace(/^(\/\/.*\n)+/, '')
}

function settingType({ name, spec, allowed }, fallback) {
  const { doc, type, choices, anyCase } = spec
  return property(name, doc, fallback, allowed, valueType(type, choices, anyCase))
}

function topicConfigType({ name, type, doc, default: fallback }) {
  return property(name, doc, fallback, undefined, valueType(type))
}

const PLAIN = /^a (text|list|whole number|number)$|^true or false$/

function property(name, doc, fallback, allowed, type) {
  const lines = doc.split('\n')
  const facts = [
    ...fallback === null || fallback === undefined || fallback === ''
      ? [] : [`Default: \`${fallback}\`.`],
    ...allowed === undefined || PLAIN.test(allowed) ? [] : [`Must be ${allowed}.`],
  ]
  if (facts.length > 0) lines.push('', facts.join(' '))
  const comment = lines.map((line) => `     * ${line}`.trimEnd()).join('\n')
  return `    /**\n${comment}\n     */\n    readonly '${name}'?: ${type} | undefined;\n`
}

/** Numbers may be given as text, for some of Kafka's are larger than those of JavaScript. */
function valueType(type, choices, anyCase = false) {
  const some = choices?.map((choice) => `'${choice}'`).join(' | ')
  switch (type) {
    case 'boolean': return 'boolean'
    case 'short': case 'int': case 'long': case 'double': return 'number | `${number}`'
    case 'list': return `readonly ${some === undefined ? 'string' : `(${some})`}[] | string`
    default: return some === undefined ? 'string' : anyCase ? `${some} | Lowercase<${some}>` : some
  }
}

function requestType({ api }) {
  return `    readonly ${api.name}: ${shapeType(api.request.shape, 1)};\n`
}

function shapeType(shape, depth) {
  const indent = '    '.repeat(depth + 1)
  const fields = Object.entries(shape).map(([name, { spec }]) => (
    `${indent}readonly ${name}: ${fieldType(spec, depth + 1)};\n`))
  return `{\n${fields.join('')}${'    '.repeat(depth)}}`
}

function fieldType(spec, depth) {
  const type = kindType(spec, depth)
  return spec.nullableSince === undefined ? type : `${type} | null`
}

function kindType({ kind, element, shape }, depth) {
  switch (kind) {
    case 'bool': return 'boolean'
    case 'string': case 'uuid': return 'string'
    case 'bytes': case 'records': return 'Buffer'
    case 'struct': return shapeType(shape, depth)
    case 'array': return `readonly ${arrayElement(element.spec, depth)}[]`
    default: return 'number'
  }
}

function arrayElement(spec, depth) {
  const type = fieldType(spec, depth)
  return type.includes(' | ') && spec.kind !== 'struct' ? `(${type})` : type
}
