// A broker on file systems that can be made to fail: small ones in memory, mounted for it. Samsa is
// what the checks start; Kafka stands in its place to learn what it does.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort, samsaOn, type RunningBroker } from '../harness/broker.ts'
import { jarsOf } from '../harness/install.ts'
import { formatForKafka, type RunningKafka, runKafka } from '../harness/kafka.ts'
import { run, until } from '../harness/process.ts'

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const JAVA_FLAGS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const DEVICE_MB = 48
/** `COMPAT_DISKS_BROKER=kafka` shows what Kafka does; the checks may fail then. */
export const IS_KAFKA = process.env['COMPAT_DISKS_BROKER'] === 'kafka'

export interface MachineOptions {
  /** Names of log directories; the first one has the metadata. */
  readonly directories: readonly string[]
  /** Sizes in MB of those that are file systems of their own, in memory. */
  readonly mounts?: Readonly<Record<string, number>>
  /** Those that lie on a device, of which a file is made. */
  readonly devices?: readonly string[]
  readonly settings?: Readonly<Record<string, string>>
}

export class Machine {
  readonly address: string
  readonly #root: string
  readonly #mounted = new Set<string>()
  readonly #port: number
  readonly #samsa: RunningBroker
  #kafka: RunningKafka | undefined

  private constructor(root: string, port: number) {
    this.#root = root
    this.#port = port
    this.address = `127.0.0.1:${port}`
    this.#samsa = samsaOn(this.#file, this.address, root)
  }

  /** Formatted, and not started. */
  static async make(
    { directories, mounts = {}, devices = [], settings = {} }: MachineOptions,
  ): Promise<Machine> {
    const machine = new Machine(mkdtempSync(join(tmpdir(), 'samsa-disks-')), await freePort())
    try {
      for (const [name, sizeMb] of Object.entries(mounts)) await machine.#mount(name, sizeMb)
      for (const name of devices) await machine.#makeDevice(name)
      await machine.#format(directories, settings, await freePort())
    } catch (error) {
      await machine.dispose()
      throw error
    }
    return machine
  }

  get #file(): string {
    return join(this.#root, 'server.properties')
  }

  /** Of a log directory, or of a file in it. */
  path(...names: readonly string[]): string {
    return join(this.#root, ...names)
  }

  has(...names: readonly string[]): boolean {
    return existsSync(this.path(...names))
  }

  async #mount(name: string, sizeMb: number): Promise<void> {
    mkdirSync(this.path(name))
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'samsa-disks', this.path(name)])
    this.#mounted.add(name)
  }

  /** Gives it another size. */
  async resize(name: string, sizeMb: number): Promise<void> {
    await run('mount', ['-o', `remount,size=${sizeMb}m`, this.path(name)])
  }

  async #makeDevice(name: string): Promise<void> {
    const image = this.path(`${name}.image`)
    await run('truncate', ['-s', `${DEVICE_MB}M`, image])
    await run('mkfs.ext4', ['-q', image])
    mkdirSync(this.path(name))
    await this.attach(name)
    rmSync(this.path(name, 'lost+found'), { recursive: true })
  }

  /** As after a failed write to a device: ext4 is read-only from then on, whoever has it open. */
  async breakDevice(name: string): Promise<void> {
    await run('mount', ['-o', 'remount,abort', this.path(name)])
  }

  /** Nobody may use it. */
  async detach(name: string): Promise<void> {
    await run('umount', [this.path(name)])
    this.#mounted.delete(name)
  }

  async attach(name: string, ...options: readonly string[]): Promise<void> {
    const args = ['-o', ['loop', ...options].join(), this.path(`${name}.image`), this.path(name)]
    await run('mount', args)
    this.#mounted.add(name)
  }

  /** What a system finds at its next start. */
  async repair(name: string): Promise<void> {
    await this.detach(name)
    await run('e2fsck', ['-p', this.path(`${name}.image`)], { allowedExitCodes: [0, 1] })
    await this.attach(name)
  }

  async #format(
    directories: readonly string[], settings: Readonly<Record<string, string>>,
    controllerPort: number,
  ): Promise<void> {
    const all = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'listeners': `PLAINTEXT://127.0.0.1:${this.#port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${this.#port}`,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': directories.map((name) => this.path(name)).join(),
      'offsets.topic.num.partitions': '2',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.num.partitions': '2',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(this.#file, lines.join(''))
    if (IS_KAFKA) return formatForKafka(await kafkaJars(), this.#file, CLUSTER_ID)
    await run(process.execPath, ['dist/main.js', 'format', this.#file, '--cluster-id', CLUSTER_ID])
  }

  /** Resolves when it serves; rejects when it ends before. */
  async start(): Promise<void> {
    if (!IS_KAFKA) return this.#samsa.start()
    this.#kafka = await runKafka({
      jars: await kafkaJars(), file: this.#file, port: this.#port, flags: JAVA_FLAGS,
      logFile: this.path('stderr'),
    })
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    return IS_KAFKA ? await this.#kafka?.stop(signal) ?? null : this.#samsa.stop(signal)
  }

  get pid(): number {
    return IS_KAFKA ? this.#kafka!.pid : this.#samsa.pid
  }

  get isRunning(): boolean {
    try {
      return process.kill(this.pid, 0)
    } catch {
      return false
    }
  }

  /** Waits until it has ended by itself; gives its exit code. */
  async ended(): Promise<number | null> {
    await until('the end of the broker', 30_000, () => !this.isRunning || undefined)
    return this.stop()
  }

  log(): string {
    const file = this.path('stderr')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL')
    for (const name of this.#mounted) await run('umount', ['-l', this.path(name)])
    rmSync(this.#root, { recursive: true, force: true })
  }
}

const kafkaJars = (): Promise<string> => jarsOf('exchange', 'compat/exchange/pom.xml')

/** Throws where this machine lets nobody mount. */
export async function checkMounting(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'samsa-disks-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'samsa-disks', place])
    await run('umount', [place])
  } catch (error) {
    throw new Error('a file system cannot be mounted here; run the suite as root, or by '
      + `\`unshare --user --map-root-user --mount npm run compat -- disks\`\n${String(error)}`)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
