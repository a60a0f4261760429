// The image that the Dockerfile begins with: pulled, or where no registry can be reached made of
// Debian's packages and Node's npm package, under the same name.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureProgram, once } from '../harness/install.ts'
import { run } from '../harness/process.ts'
import type { Engine } from './engine.ts'

/** Of the stand-in, as it is of the real one. */
const USER_ID = 1000
/** What makes a base system large, and no program needs. */
const LEFT_OUT = [
  'var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale',
  'usr/share/man',
]

/** `node:24-bookworm-slim`, with the number and the name in it. */
interface BaseImage {
  readonly name: string
  readonly nodeVersion: string
  readonly debianName: string
}

export async function ensureBaseImage(engine: Engine): Promise<void> {
  const image = baseImageOf(readFileSync('Dockerfile', 'utf8'))
  const isThere = async () => (await engine.docker(['image', 'inspect', image.name], {
    allowedExitCodes: [0, 1],
  })).exitCode === 0
  if (await isThere()) return
  await engine.docker(['pull', '-q', image.name], {
    timeoutMs: 300_000, allowedExitCodes: [0, 1],
  })
  if (await isThere()) return
  console.log(`${image.name} cannot be pulled: Debian's ${image.debianName} and Node `
    + `${image.nodeVersion} of npm stand in for it`)
  const archive = await standIn(image)
  await engine.docker(['import', '--change', 'CMD ["node"]', archive, image.name], {
    timeoutMs: 120_000,
  })
}

function baseImageOf(dockerfile: string): BaseImage {
  const found = /^FROM (node:(\d+)-([a-z]+)-slim)/m.exec(dockerfile)
  if (found === null) throw new Error('the Dockerfile begins with no image of Node')
  return { name: found[1]!, nodeVersion: found[2]!, debianName: found[3]! }
}

/** An archive of a file system; made once. */
async function standIn({ nodeVersion, debianName }: BaseImage): Promise<string> {
  await ensureProgram('debootstrap', 'debootstrap')
  const directory = await once('docker-base', `${debianName} ${nodeVersion}`, async (target) => {
    const root = join(target, 'root')
    rmSync(root, { recursive: true, force: true })
    const mirror = await mirrorOf()
    await run('debootstrap', ['--variant=minbase', debianName, root, mirror], {
      timeoutMs: 600_000,
    })
    for (const path of LEFT_OUT) rmSync(join(root, path), { recursive: true, force: true })
    await addNode(root, join(target, 'node'), nodeVersion)
    await run('tar', ['-C', root, '-cf', join(target, 'base.tar'), '.'], { timeoutMs: 120_000 })
    rmSync(root, { recursive: true, force: true })
  })
  return join(directory, 'base.tar')
}

/** Where this machine's own packages are from. */
async function mirrorOf(): Promise<string> {
  const { stdout } = await run('apt-get', [
    'indextargets', '--format', '$(REPO_URI) $(COMPONENT)', 'Identifier: Packages',
  ])
  const main = stdout.split('\n').find((line) => /\/debian\/? main$/.test(line))
  if (main === undefined) throw new Error('apt names no mirror of Debian')
  return main.split(' ')[0]!
}

async function addNode(root: string, work: string, version: string): Promise<void> {
  mkdirSync(work, { recursive: true })
  // Its script fetches the program for this machine.
  const allowed = { private: true, allowScripts: { node: true } }
  writeFileSync(join(work, 'package.json'), JSON.stringify(allowed))
  await run('npm', ['install', '--no-save', '--loglevel=error', `node@${version}`], {
    cwd: work, timeoutMs: 300_000,
  })
  const local = join(root, 'usr/local')
  cpSync(join(work, 'node_modules/node/bin/node'), join(local, 'bin/node'))
  cpSync(await npmDirectory(), join(local, 'lib/node_modules/npm'), { recursive: true })
  await run('ln', ['-sf', '../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm')])
  await configureNpm(root)
  const appendTo = (file: string, line: string) => (
    writeFileSync(join(root, 'etc', file), `${line}\n`, { flag: 'a' }))
  appendTo('group', `node:x:${USER_ID}:`)
  appendTo('passwd', `node:x:${USER_ID}:${USER_ID}::/home/node:/bin/bash`)
}

/** The npm that runs these checks. */
async function npmDirectory(): Promise<string> {
  const path = process.env['npm_execpath']
  if (path !== undefined && existsSync(path)) return dirname(dirname(path))
  return join((await run('npm', ['root', '-g'])).stdout.trim(), 'npm')
}

/** The registry, and whom to trust, are what they are on this machine. */
async function configureNpm(root: string): Promise<void> {
  const valueOf = async (name: string) => (
    (await run('npm', ['config', 'get', name])).stdout.trim())
  const trusted = await valueOf('cafile')
  const lines = [`registry=${await valueOf('registry')}`]
  if (existsSync(trusted)) {
    const copy = '/etc/ssl/certs/npm.crt'
    mkdirSync(dirname(join(root, copy)), { recursive: true })
    cpSync(trusted, join(root, copy))
    lines.push(`cafile=${copy}`)
  }
  mkdirSync(join(root, 'usr/local/etc'), { recursive: true })
  writeFileSync(join(root, 'usr/local/etc/npmrc'), `${lines.join('\n')}\n`)
}
