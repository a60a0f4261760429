// A broker on file systems that can be made to fail: small ones in memory, mounted for it. Samsa is
// what the checks start; Kafka stands in its place to learn what it does.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type BrokerProcess, freePort } from '../harness/broker.ts'
import { SMALL_JVM } from '../harness/java.ts'
import { formatForKafka, kafkaAt, kafkaJars } from '../harness/kafka.ts'
import { run, until } from '../harness/process.ts'
import { propertiesOf } from '../harness/properties.ts'
import { formatForSamsa, samsaAt } from '../harness/samsa.ts'

const SETTINGS = {
  'offsets.topic.num.partitions': '2', 'transaction.state.log.num.partitions': '2',
}
const DEVICE_MB = 48
/** `COMPAT_DISKS_BROKER=kafka` shows what Kafka does; the checks may fail then. */
const IS_KAFKA = process.env['COMPAT_DISKS_BROKER'] === 'kafka'

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
  readonly #jars: string
  readonly #broker: BrokerProcess

  private constructor(root: string, port: number, jars: string) {
    this.#root = root
    this.#jars = jars
    this.address = `127.0.0.1:${port}`
    const place = { address: this.address, directory: root }
    this.#broker = IS_KAFKA
      ? kafkaAt({ ...place, jars, file: this.#file, flags: SMALL_JVM })
      : samsaAt({ ...place, args: [this.#file] })
  }

  /** Formatted, and not started. */
  static async make(
    { directories, mounts = {}, devices = [], settings = {} }: MachineOptions,
  ): Promise<Machine> {
    const [port, controllerPort] = [await freePort(), await freePort()]
    const jars = IS_KAFKA ? await kafkaJars('4.4.0') : ''
    const machine = new Machine(mkdtempSync(join(tmpdir(), 'samsa-disks-')), port, jars)
    try {
      for (const [name, sizeMb] of Object.entries(mounts)) await machine.#mount(name, sizeMb)
      for (const name of devices) await machine.#makeDevice(name)
      const dataDirectories = directories.map((name) => machine.path(name))
      await machine.#format(propertiesOf(
        { port, controllerPort, dataDirectories }, { ...SETTINGS, ...settings }))
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

  async #format(properties: string): Promise<void> {
    writeFileSync(this.#file, properties)
    if (IS_KAFKA) await formatForKafka(this.#jars, this.#file)
    else await formatForSamsa(this.#file)
  }

  /** Resolves when it serves; rejects when it ends before. */
  start(): Promise<void> {
    return this.#broker.start()
  }

  stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    return this.#broker.stop(signal)
  }

  /** Waits until it has ended by itself; gives its exit code. */
  async ended(): Promise<number | null> {
    await until('the end of the broker', 30_000, () => !this.#broker.isRunning || undefined)
    return this.stop()
  }

  log(): string {
    return this.#broker.log()
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL')
    for (const name of this.#mounted) await run('umount', ['-l', this.path(name)])
    rmSync(this.#root, { recursive: true, force: true })
  }
}

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
