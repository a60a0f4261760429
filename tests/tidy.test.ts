// Holds the source to its rules: who imports whom, what only ports may touch, how a file looks.

import { describe, expect, test } from '@jest/globals'
import { parseSync } from '@swc/core'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'

const ROOT = resolve(__dirname, '..')

/** Lowest first: a floor imports from itself and from those below it. */
const FLOORS = ['protocol', 'storage', 'controller', 'lib']
const TREES = [...FLOORS, 'tests', 'compat', 'bench', 'fuzz', 'sim', 'scripts']

const MAX_LINES = 500
const MAX_COLUMNS = 100

/** The only files of the floors that touch the outside world; everything else is handed a port. */
const PORT_FILES = [
  'storage/node-disk.ts',
  'lib/world/clock.ts',
  'lib/world/random.ts',
  'lib/world/tcp.ts',
  'lib/world/file-sender.ts',
  'lib/world/dial.ts',
  'lib/world/logger.ts',
  'lib/world/http.ts',
  'lib/world/process-metrics.ts',
  'lib/main.ts',
]
const PORT_FOLDERS = ['lib/cli/']

/** Pure functions of Node: no effect, no clock, no state. */
const PURE_MODULES = [
  'node:assert', 'node:assert/strict', 'node:buffer', 'node:crypto', 'node:path', 'node:util',
]
/** What single files may import beyond that, and why. */
const MODULE_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // The codecs: compressing is a function from bytes to bytes.
  'protocol/records/': ['node:zlib'],
  // Reads a codec's WebAssembly out of its package.
  'protocol/records/packages.ts': ['node:fs'],
}
/** What single files may use of the globals, and why. */
const EFFECT_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // Packages with native code load when they are needed, and may not be there.
  'protocol/records/packages.ts': ['require'],
  'lib/re2.ts': ['require'],
}
/** Of `node:crypto`, everything is a function of its arguments but the sources of randomness. */
const RANDOM_OF_CRYPTO = [
  'default', 'randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID',
  'webcrypto', 'getRandomValues', 'generateKeyPairSync',
]
const BANNED_GLOBALS = [
  'process', 'performance', 'setTimeout', 'setInterval', 'setImmediate',
  'clearTimeout', 'clearInterval', 'clearImmediate', 'console', 'fetch', 'require',
]
const BANNED_MEMBERS = ['Date.now', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues']
/** `import.meta` is for the entry alone: jest runs the tree as CommonJS. */
const IMPORT_META_FILE = 'lib/main.ts'

interface Import {
  readonly from: string
  readonly names: readonly string[]
}

interface Source {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly defaultExport: boolean
  readonly topLevelLet: boolean
  /** Banned globals, members and constructs that occur in the code, allowed there or not. */
  readonly effects: ReadonlySet<string>
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path)
    return ['.ts', '.mjs'].includes(extname(path)) ? [path] : []
  })
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function textAt(value: unknown): string {
  return isNode(value) && typeof value['value'] === 'string' ? value['value'] : ''
}

/** Visits every node, with the key that holds it: a property's name is not taken for a global. */
function walk(value: unknown, key: string, parent: Node | undefined, visit: Visit): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(unwrap(item), key, parent, visit)
    return
  }
  if (!isNode(value)) return
  visit(value, key, parent)
  for (const [name, child] of Object.entries(value)) {
    walk(unwrap(child), name, value, visit)
  }
}
type Visit = (node: Node, key: string, parent: Node | undefined) => void

/** Call arguments come as `{ spread, expression }`: holders without a type of their own. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Array.isArray(value) || isNode(value) ? value : Object.values(value)
}

function importOf(node: Node, parent: Node | undefined): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      if (textAt(node['source']) === '') return undefined
      const specifiers = (node['specifiers'] ?? []) as Node[]
      const names = specifiers.map((one) => {
        if (one.type !== 'ImportSpecifier') return 'default'
        return textAt(one['imported']) || textAt(one['local'])
      })
      return { from: textAt(node['source']), names }
    }
    case 'TsImportType':
      return { from: textAt(node['argument']), names: [] }
    case 'Import': {
      const [first] = (parent?.['arguments'] ?? []) as { expression?: unknown }[]
      return { from: textAt(first?.expression), names: ['default'] }
    }
    default:
      return undefined
  }
}

function effectOf(node: Node, key: string, parent: Node | undefined): string | undefined {
  if (node.type === 'MetaProperty') {
    return node['kind'] === 'import.meta' ? 'import.meta' : undefined
  }
  if (node.type === 'NewExpression' && textAt(node['callee']) === 'Date') {
    const given = (node['arguments'] ?? []) as unknown[]
    return given.length === 0 ? 'new Date()' : undefined
  }
  if (node.type === 'MemberExpression') {
    const member = `${textAt(node['object'])}.${textAt(node['property'])}`
    return BANNED_MEMBERS.includes(member) ? member : undefined
  }
  if (node.type !== 'Identifier' || !BANNED_GLOBALS.includes(textAt(node))) return undefined
  // A property or a method of that name is somebody's own.
  if (key === 'property' && parent?.type === 'MemberExpression') return undefined
  if (['key', 'imported', 'local', 'orig', 'exported'].includes(key)) return undefined
  if (parent?.type.startsWith('Ts') && key !== 'exprName' && key !== 'expression') return undefined
  return textAt(node)
}

function read(file: string): Source {
  const text = readFileSync(file, 'utf8')
  const path = relative(ROOT, file).replaceAll('\\', '/')
  const module = path.endsWith('.ts')
    ? parseSync(text, { syntax: 'typescript', target: 'es2022' })
    : parseSync(text, { syntax: 'ecmascript', target: 'es2022' })
  const imports: Import[] = []
  const effects = new Set<string>()
  walk(module.body, 'body', undefined, (node, key, parent) => {
    const imported = importOf(node, parent)
    if (imported !== undefined) imports.push(imported)
    const effect = effectOf(node, key, parent)
    if (effect !== undefined) effects.add(effect)
  })
  const body = module.body as unknown as Node[]
  const declared = body.map(({ declaration }, index) => (
    isNode(declaration) ? declaration : body[index]!
  ))
  // A name that the file imports or declares is not the global one: the API called `fetch`.
  const own = declared.flatMap(({ declarations }) => (declarations ?? []) as Node[])
    .map(({ id }) => textAt(id))
  for (const name of [...own, ...imports.flatMap(({ names }) => names)]) effects.delete(name)
  return {
    path, text, imports, effects,
    defaultExport: body.some((item) => /^ExportDefault/.test(item.type)),
    topLevelLet: declared.some(({ type, kind }) => (
      type === 'VariableDeclaration' && kind !== 'const'
    )),
  }
}

const sources = TREES.flatMap((tree) => filesBelow(join(ROOT, tree))).map(read)
const ofFloors = sources.filter((source) => FLOORS.includes(floorOf(source.path)))
const typescript = sources.filter((source) => source.path.endsWith('.ts'))

function floorOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function isPort(path: string): boolean {
  return PORT_FILES.includes(path) || PORT_FOLDERS.some((folder) => path.startsWith(folder))
}

/** The path of a relative import from the root; undefined for a package. */
function targetOf(source: Source, { from }: Import): string | undefined {
  if (!from.startsWith('.')) return undefined
  return relative(ROOT, resolve(ROOT, dirname(source.path), from)).replaceAll('\\', '/')
}

describe('imports', () => {
  test('go down the floors, never up', () => {
    const upwards = ofFloors.flatMap((source) => source.imports.flatMap((imported) => {
      const target = targetOf(source, imported)
      if (target === undefined) return []
      const height = FLOORS.indexOf(floorOf(target))
      const allowed = height !== -1 && height <= FLOORS.indexOf(floorOf(source.path))
      return allowed ? [] : [`${source.path} imports ${target}`]
    }))
    expect(upwards).toEqual([])
  })

  test('are recognized, those of types too', () => {
    const services = sources.find(({ path }) => path === 'lib/services.ts')
    expect(services?.imports.map(({ from }) => from)).toContain('../controller/controller.ts')
  })

  test('form no circle, type imports included', () => {
    expect(circles(typescript)).toEqual([])
  })

  test('of Node modules stand in port files, but for pure functions', () => {
    const reaching = ofFloors
      .filter(({ path }) => !isPort(path))
      .flatMap(({ path, imports }) => imports
        .filter((imported) => !isPure(imported, path))
        .map(({ from, names }) => `${path}: ${from} ${names.join(', ')}`))
    expect(reaching).toEqual([])
  })

  test('of Node modules carry the node: prefix', () => {
    const unprefixed = sources.flatMap((source) => source.imports
      .filter(({ from }) => builtinModules.includes(from))
      .map(({ from }) => `${source.path}: ${from}`))
    expect(unprefixed).toEqual([])
  })
})

function isPure({ from, names }: Import, path: string): boolean {
  if (!from.startsWith('node:')) return true
  if (from === 'node:crypto') return !names.some((name) => RANDOM_OF_CRYPTO.includes(name))
  return PURE_MODULES.includes(from) || Object.entries(MODULE_EXCEPTIONS)
    .some(([folder, modules]) => path.startsWith(folder) && modules.includes(from))
}

/** Every circle of imports, once, as a path that comes back to its start. */
function circles(all: readonly Source[]): string[] {
  const byPath = new Map(all.map((source) => [source.path, source]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) found.push([...trail.slice(start), path].join(' → '))
    const source = byPath.get(path)
    if (start !== -1 || done.has(path) || source === undefined) return
    for (const imported of source.imports) {
      const target = targetOf(source, imported)
      if (target !== undefined) visit(target, [...trail, path])
    }
    done.add(path)
  }
  for (const { path } of all) visit(path, [])
  return found
}

describe('effects', () => {
  test('stand in port files alone', () => {
    const reaching = ofFloors.flatMap(({ path, effects }) => [...effects]
      .filter((effect) => (effect === 'import.meta' ? path !== IMPORT_META_FILE : !isPort(path)))
      .filter((effect) => EFFECT_EXCEPTIONS[path]?.includes(effect) !== true)
      .map((effect) => `${path}: ${effect}`))
    expect(reaching).toEqual([])
  })

  test('are recognized: the port of time is seen to use the clock', () => {
    const clock = sources.find(({ path }) => path === 'lib/world/clock.ts')
    expect(clock?.effects).toContain('Date.now')
    expect(clock?.effects).toContain('setTimeout')
    expect(clock?.effects).toContain('setImmediate')
  })

  test('leave nothing behind in a module: many nodes live in one process', () => {
    const mutable = ofFloors.filter((source) => source.topLevelLet).map((source) => source.path)
    expect(mutable).toEqual([])
  })
})

describe('a file', () => {
  test(`has at most ${MAX_LINES} lines`, () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES)
    expect(long).toEqual([])
  })

  test(`has lines of at most ${MAX_COLUMNS} columns`, () => {
    const wide = sources.flatMap(({ path, text }) => text.split('\n').flatMap((line, index) => (
      [...line].length > MAX_COLUMNS ? [`${path}:${index + 1}`] : []
    )))
    expect(wide).toEqual([])
  })

  test('opens with a comment that says what lives there', () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text))
    expect(silent.map(({ path }) => path)).toEqual([])
  })

  test('has a kebab-case name', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.(ts|mjs)$/
    const odd = sources.map(({ path }) => path).filter((path) => !kebab.test(basename(path)))
    expect(odd).toEqual([])
  })

  test('exports by name', () => {
    expect(sources.filter((source) => source.defaultExport).map(({ path }) => path)).toEqual([])
  })

  test('ends in one line feed and has no tabs, no trailing blanks, no carriage returns', () => {
    const untidy = sources.filter(({ text }) => /\t|[ \r]$/m.test(text) || !/[^\n]\n$/.test(text))
    expect(untidy.map(({ path }) => path)).toEqual([])
  })
})
