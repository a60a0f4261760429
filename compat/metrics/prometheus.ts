// A Prometheus that scrapes one broker, and answers queries: Debian's package, on loopback.
//
// The package is unpacked, not installed: that would start a Prometheus on all addresses.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerProcess, freePort } from '../harness/broker.ts'
import { ensureProgram, once } from '../harness/install.ts'
import { run } from '../harness/process.ts'

/** As often as a query over a minute can bear. */
const SCRAPE_SECONDS = 1

/** Where its programs are. */
export async function prometheusPrograms(): Promise<string> {
  await ensureProgram('dpkg-deb', 'dpkg')
  const directory = await once('prometheus', 'debian', async (target) => {
    try {
      await run('apt-get', ['download', 'prometheus'], { cwd: target, timeoutMs: 300_000 })
    } catch {
      // There is no list of packages yet, or it is too old.
      await run('apt-get', ['update', '-q'], { timeoutMs: 300_000 })
      await run('apt-get', ['download', 'prometheus'], { cwd: target, timeoutMs: 300_000 })
    }
    await run('sh', ['-c', 'dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb'],
      { cwd: target })
  })
  return join(directory, 'usr', 'bin')
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

interface QueryAnswer {
  readonly status: string
  readonly error?: string
  readonly data: {
    readonly result: readonly {
      readonly metric: Sample['metric']
      readonly value: readonly [atSeconds: number, value: string]
    }[]
  }
}

export class Prometheus {
  readonly #process: BrokerProcess
  readonly #directory: string

  private constructor(process: BrokerProcess, directory: string) {
    this.#process = process
    this.#directory = directory
  }

  /** `target`: host:port of what it scrapes. */
  static async start(target: string): Promise<Prometheus> {
    const programs = await prometheusPrograms()
    const directory = mkdtempSync(join(tmpdir(), 'samsa-prometheus-'))
    mkdirSync(join(directory, 'data'))
    const configFile = join(directory, 'prometheus.yml')
    writeFileSync(configFile, [
      `global: { scrape_interval: ${SCRAPE_SECONDS}s, scrape_timeout: ${SCRAPE_SECONDS}s }`,
      `scrape_configs: [{ job_name: samsa, static_configs: [{ targets: ['${target}'] }] }]`, '',
    ].join('\n'))
    const address = `127.0.0.1:${await freePort()}`
    const process = new BrokerProcess({
      name: 'Prometheus', address, directory, logName: 'prometheus.log', timeoutMs: 60_000,
      pollMs: 100, command: join(programs, 'prometheus'),
      args: [
        `--config.file=${configFile}`, `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
      ],
      isServing: async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok
        ?? false,
    })
    await process.start()
    return new Prometheus(process, directory)
  }

  /** As of now. Throws for an expression that is none. */
  async query(expression: string): Promise<Sample[]> {
    const response = await fetch(`http://${this.#process.address}/api/v1/query`, {
      method: 'POST', body: new URLSearchParams({ query: expression }),
    })
    const { status, error, data } = await response.json() as QueryAnswer
    if (status !== 'success') throw new Error(`${expression}: ${error}`)
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  log(): string {
    return this.#process.log()
  }

  async dispose(): Promise<void> {
    await this.#process.stop('SIGTERM')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
