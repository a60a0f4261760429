// Bringing other people's clients to this machine: pinned, from the package registries, once.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { run } from './process.ts'

/** Where installed clients are kept between runs. */
const CACHE_DIRECTORY = resolve('.cache', 'compat')

/** The last installation that was begun: suites that run at the same time may want the same one. */
let last: Promise<unknown> = Promise.resolve()

function inTurn<T>(install: () => Promise<T>): Promise<T> {
  const own = last.then(install)
  last = own.catch(() => {})
  return own
}

/** Does `install` unless it was done with the same `recipe` (any text that names the versions). */
export function once(
  name: string, recipe: string, install: (directory: string) => Promise<void>,
): Promise<string> {
  return inTurn(async () => {
    const directory = join(CACHE_DIRECTORY, name)
    const stamp = join(directory, '.complete')
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === recipe) return directory
    mkdirSync(directory, { recursive: true })
    console.log(`installing ${name}`)
    await install(directory)
    writeFileSync(stamp, recipe)
    return directory
  })
}

/** Makes sure that a program is on the PATH, out of a Debian package where it is missing. */
export function ensureProgram(program: string, debianPackage: string): Promise<void> {
  return ensure(program, debianPackage, () => isInstalled(program))
}

/** Makes sure that a file is there, as `ensureProgram` does. */
export function ensureFile(path: string, debianPackage: string): Promise<void> {
  return ensure(path, debianPackage, async () => existsSync(path))
}

function ensure(
  what: string, debianPackage: string, isThere: () => Promise<boolean>,
): Promise<void> {
  return inTurn(async () => {
    if (await isThere()) return
    console.log(`installing the Debian package ${debianPackage} for ${what}`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const apt = (...args: string[]) => run('apt-get', args, { env, timeoutMs: 600_000 })
    try {
      await apt('update', '-q')
      await apt('install', '-y', '-q', '--no-install-recommends', debianPackage)
    } catch (error) {
      throw new Error(
        `${what} is needed and the Debian package ${debianPackage} could not be installed `
        + `(apt-get needs root): install it by hand\n${String(error)}`)
    }
    if (!(await isThere())) throw new Error(`${debianPackage} did not bring ${what}`)
  })
}

async function isInstalled(program: string): Promise<boolean> {
  const found = await run('sh', ['-c', `command -v ${program}`], { allowedExitCodes: [0, 1, 127] })
  return found.exitCode === 0
}

/**
 * A Python environment of its own with the pinned packages of a requirements file;
 * gives its python.
 */
export async function pythonWith(name: string, requirementsFile: string): Promise<string> {
  await ensureProgram('python3', 'python3-venv')
  const recipe = readFileSync(requirementsFile, 'utf8')
  const directory = await once(name, recipe, async (target) => {
    await run('python3', ['-m', 'venv', '--clear', target], { timeoutMs: 120_000 })
    const pip = ['-m', 'pip', 'install', '-q', '-r', resolve(requirementsFile)]
    await run(join(target, 'bin', 'python'), pip, { timeoutMs: 600_000 })
  })
  return join(directory, 'bin', 'python')
}

/** Builds a Go program out of its module; gives the binary's path. */
export async function goProgram(name: string, moduleDirectory: string): Promise<string> {
  await ensureProgram('go', 'golang')
  const sources = ['go.mod', 'go.sum', 'main.go']
  const recipe = sources.map((file) => readFileSync(join(moduleDirectory, file), 'utf8')).join('\0')
  const directory = await once(name, recipe, async (target) => {
    const args = ['build', '-o', join(target, 'program'), '.']
    await run('go', args, { cwd: moduleDirectory, timeoutMs: 600_000 })
  })
  return join(directory, 'program')
}
