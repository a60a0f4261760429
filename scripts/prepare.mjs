// Brings a checkout to where it can run: packages as the lock file says,
// and a build of its sources.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

const FLOORS = ['protocol', 'storage', 'controller', 'lib']
const STAMP = join(root, 'node_modules', '.samsa-installed')

/** Installs and builds where that is not done yet; does nothing, quickly, where it is. */
export async function prepare() {
  installIfNeeded()
  await buildIfNeeded()
}

/** Runs a command in the checkout with our own terminal; ends this process where it fails. */
export function step(command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? (signal === null ? 1 : 128))
}

/** The stamp says what was installed, and for which machine: native packages differ. */
function installIfNeeded() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const wanted = `${process.platform} ${process.arch}\n${lock}`
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  console.error('installing packages')
  // npm says how it went on standard error: standard output belongs to the broker's ready line.
  const { status } = spawnSync('npm', ['ci', '--include=dev', '--loglevel=error'], {
    cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(STAMP, wanted)
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
