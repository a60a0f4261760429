// Brings a checkout to where it can run: packages as the lock file says,
// and a build of its sources.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

const FLOORS = ['protocol', 'storage', 'controller', 'lib']
/** Packages that become a part of the build: whoever installs that needs them no more. */
export const BUNDLED = ['crc-32', 'immutable', 're2js']
const STAMP = join(root, 'node_modules', '.samsa-installed')

/**
 * Installs and builds where that is not done yet; does nothing, quickly, where it is. To run it
 * takes a tenth of the packages that the tests take.
 */
export async function prepare({ onlyToRun = false } = {}) {
  installIfNeeded(onlyToRun)
  await buildIfNeeded()
}

/** Runs a command in the checkout with our own terminal; ends this process where it fails. */
export function step(command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? (signal === null ? 1 : 128))
}

/** The stamp says what was installed, and for which machine: native packages differ. */
function installIfNeeded(onlyToRun) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const all = `${process.platform} ${process.arch}\n${lock}`
  const some = `to run\n${all}`
  const stamp = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined
  if (stamp === all || (onlyToRun && stamp === some)) return
  const { packages } = JSON.parse(lock)
  // Somebody has run `npm ci`, which knows no stamps.
  if (stamp === undefined && hasAll(packages)) return writeFileSync(STAMP, all)
  console.error('installing packages')
  // What builds is there for development, and wanted here all the same.
  const builders = ['esbuild', ...BUNDLED].map((name) => (
    `${name}@${packages[`node_modules/${name}`].version}`))
  const args = onlyToRun
    ? ['install', '--no-save', '--save-prod', '--omit=dev', ...builders] : ['ci', '--include=dev']
  // npm says how it went on standard error: standard output belongs to the broker's ready line.
  const { status } = spawnSync('npm', [...args, '--loglevel=error'], {
    cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(STAMP, onlyToRun ? some : all)
}

/** Whether npm has noted that everything is there which is there on every machine. */
function hasAll(packages) {
  const note = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(note)) return false
  const { packages: installed } = JSON.parse(readFileSync(note, 'utf8'))
  return Object.entries(packages).every(([path, { version, optional }]) => (
    path === '' || optional || installed[path]?.version === version))
}

async function buildIfNeeded() {
  const output = join(root, 'dist', 'main.js')
  if (existsSync(output) && newestSource() <= statSync(output).mtimeMs) return
  console.error('building')
  const { bundle } = await import('./build.mjs')
  await bundle()
}

/** Folders count too: a deleted file leaves its trace there alone. */
function newestSource() {
  const single = ['package.json', 'scripts/build.mjs'].map((file) => modifiedMs(join(root, file)))
  return Math.max(...single, ...FLOORS.map((floor) => newestBelow(join(root, floor))))
}

function newestBelow(directory) {
  let newest = modifiedMs(directory)
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestBelow(path) : modifiedMs(path))
  }
  return newest
}

function modifiedMs(path) {
  return statSync(path).mtimeMs
}
