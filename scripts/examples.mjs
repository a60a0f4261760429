// `npm run examples [-- --node 22 --node 24]`: packs Samsa as it is published, and uses it as a
// project of somebody else would: its types, `import` and `require`, and the suites of examples/.
//
// With `--node` once more under other versions of Node, which come from the npm package `node`.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './build.mjs'
import { prepare, root } from './prepare.mjs'
import { writeTypes } from './types.mjs'

const { values: { node: others } } = parseArgs({
  options: { node: { type: 'string', multiple: true, default: [] } },
})
const project = join(root, '.cache', 'examples')
const TIME_LIMIT_MS = 120_000

/** A project beside ours: it finds its other packages where we have ours. */
async function makeProject() {
  rmSync(project, { recursive: true, force: true })
  cpSync(join(root, 'examples'), project, { recursive: true })
  const installed = join(project, 'node_modules', 'samsa')
  mkdirSync(installed, { recursive: true })
  await bundle(join(installed, 'dist'))
  await writeTypes(join(installed, 'dist'))
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  for (const [name, text] of Object.entries(SMOKE)) writeFileSync(join(project, name), text)
}

/** One for each way to load it: a message goes through, and nothing is left. */
const USE = `
async function use(Broker) {
  const before = process.getActiveResourcesInfo()
  const broker = await Broker.start()
  await broker.produce('orders', { key: 'a', value: 'b' })
  const found = []
  for await (const { value } of broker.records('orders')) found.push(String(value))
  await broker.clock.advance(1000)
  await broker.close()
  const left = process.getActiveResourcesInfo().filter((one) => !before.includes(one))
  if (found.join() !== 'b' || left.length > 0) throw new Error(found + ' left: ' + left)
  const { readdirSync } = await import('node:fs')
  if (readdirSync('.').join() !== '') throw new Error('files are left: ' + readdirSync('.'))
}
`
const SMOKE = {
  'import.mjs': `import { Broker } from 'samsa'\n${USE}\nawait use(Broker)\n`,
  'require.cjs': `const { Broker } = require('samsa')\n${USE}\nuse(Broker)\n`,
}

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const strict = [
  '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', 'node', '--target', 'es2022',
  '--ignoreConfig', '--lib', 'es2023',
]

function typeChecks() {
  const compile = (file, ...options) => [tsc, ...strict, ...options, join('types', file)]
  return [
    ['types for import', compile('use.mts', '--module', 'node16')],
    ['types for require', compile('use.cts', '--module', 'node16')],
    ['types for a bundler',
      compile('use.mts', '--module', 'esnext', '--moduleResolution', 'bundler')],
    ['types in the newest form', compile('use.cts', '--module', 'nodenext')],
    // Vitest itself runs TypeScript without a look at its types.
    ['types in the suite of Vitest', [
      tsc, ...strict, '--module', 'nodenext', '--allowJs', join('vitest', 'orders.test.ts'),
    ]],
  ]
}

function runs() {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  return [
    ['import', [join(project, 'import.mjs')], 'empty'],
    ['require', [join(project, 'require.cjs')], 'empty'],
    // Vitest ends its workers, whatever they have open.
    ['the suite of Vitest', [vitest, 'run', '--root', 'vitest']],
    // A suite of these that leaves something open does not end by itself.
    ['the suite of Jest', [jest, '--rootDir', 'jest', '--ci', '--runInBand']],
    ['the suite of node:test', ['--test', join('node-test', 'orders.test.mjs')]],
  ]
}

/** The program of that version; fetched once. */
async function nodeOf(version) {
  const home = join(root, '.cache', 'nodes', version)
  const program = join(home, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(program)) return program
  mkdirSync(home, { recursive: true })
  // Its script fetches the program for this machine.
  const allowed = { private: true, allowScripts: { node: true } }
  writeFileSync(join(home, 'package.json'), JSON.stringify(allowed))
  const { status, output } = await run('npm', [
    'install', '--no-save', '--loglevel=error', `node@${version}`,
  ], home)
  if (status !== 0) throw new Error(`Node ${version} could not be fetched: ${output}`)
  return program
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => { output += chunk })
    }
    child.on('error', (error) => { output += error.message })
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, output })
    })
  })
}

const counts = { passed: 0, failed: 0 }

async function check(what, program, args, where) {
  const empty = join(project, 'empty')
  mkdirSync(empty, { recursive: true })
  const startedMs = performance.now()
  const { status, output } = await run(program, args, where === 'empty' ? empty : project)
  const tookMs = Math.round(performance.now() - startedMs)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${what} (${tookMs} ms)`)
  if (status === 0) counts.passed++
  else counts.failed++
  if (status !== 0) console.log(output)
}

await prepare()
await makeProject()
for (const [what, args] of typeChecks()) await check(what, process.execPath, args)
for (const version of ['', ...others]) {
  const program = version === '' ? process.execPath : await nodeOf(version)
  const { output } = await run(program, ['--version'], project)
  for (const [what, args, where] of runs()) {
    await check(`${what}, Node ${output.trim().slice(1)}`, program, args, where)
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed === 0 ? 0 : 1)
