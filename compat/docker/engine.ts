// A Docker engine: the one that runs on this machine, or Debian's, started for these checks alone.

import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureProgram } from '../harness/install.ts'
import { run, start, until, type RunResult } from '../harness/process.ts'

const BRIDGE = 'docker0'

export class Engine {
  /** For `docker` and all that speaks to it: DOCKER_HOST, where it is our own. */
  readonly env: Readonly<Record<string, string>>
  /** It has no way to other networks: containers reach each other, and builds use the host's. */
  readonly isOwn: boolean
  readonly #end: () => Promise<void>

  private constructor(
    env: Readonly<Record<string, string>>, isOwn: boolean, end: () => Promise<void>,
  ) {
    this.env = env
    this.isOwn = isOwn
    this.#end = end
  }

  /** Throws what the daemon says, where it is not there and cannot be started here. */
  static async find(): Promise<Engine> {
    await ensureProgram('docker', 'docker.io')
    const there = await run('docker', ['version'], { allowedExitCodes: [0, 1, 125] })
    if (there.exitCode === 0) return new Engine({}, false, async () => {})
    await ensureProgram('dockerd', 'docker.io')
    return await Engine.#start()
  }

  static async #start(): Promise<Engine> {
    const directory = mkdtempSync(join(tmpdir(), 'samsa-docker-'))
    const env = { DOCKER_HOST: `unix://${join(directory, 'docker.sock')}` }
    const hadBridge = existsSync(join('/sys/class/net', BRIDGE))
    const daemon = start('dockerd', [
      '--host', env.DOCKER_HOST, '--pidfile', join(directory, 'pid'),
      '--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec'),
      // Nothing of this machine's network is changed: its proxy is what carries published ports.
      '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false',
      '--ip', '127.0.0.1', '--log-level', 'warn', '--shutdown-timeout', '5',
    ])
    const end = async () => {
      await ended(daemon)
      await unmount(directory)
      rmSync(directory, { recursive: true, force: true })
      if (hadBridge || !existsSync(join('/sys/class/net', BRIDGE))) return
      await run('ip', ['link', 'delete', BRIDGE])
    }
    try {
      await serving(daemon, env)
    } catch (error) {
      await end()
      throw error
    }
    return new Engine(env, true, end)
  }

  async docker(args: readonly string[], options: DockerOptions = {}): Promise<RunResult> {
    const { env = {}, ...others } = options
    return await run('docker', args, { ...others, env: { ...this.env, ...env } })
  }

  /** Ends what was started; containers end with it. */
  async dispose(): Promise<void> {
    await this.#end()
  }
}

export interface DockerOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  readonly timeoutMs?: number
  readonly allowedExitCodes?: readonly number[]
}

async function serving(daemon: ChildProcess, env: Readonly<Record<string, string>>): Promise<void> {
  let log = ''
  for (const stream of [daemon.stdout, daemon.stderr]) {
    stream?.on('data', (chunk: Buffer) => { log = (log + chunk.toString()).slice(-3000) })
  }
  await until('the Docker daemon', 60_000, async () => {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended: it cannot run here\n${log}`)
    const { exitCode } = await run('docker', ['version'], { env, allowedExitCodes: [0, 1, 125] })
    return exitCode === 0 || undefined
  }, 200)
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return
  const end = new Promise((resolve) => daemon.once('exit', resolve))
  daemon.kill('SIGTERM')
  await end
}

/** What the daemon leaves mounted, such as the network of the host. */
async function unmount(directory: string): Promise<void> {
  const below = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`))
  for (const path of below.reverse()) await run('umount', ['-l', path])
}
