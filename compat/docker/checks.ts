// The image as people use it: built by `docker build`, run by `docker run`, by compose and by
// testcontainers, with the variables, files and scripts of `apache/kafka`.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../harness/broker.ts'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { installTools } from '../java/tools.ts'
import { ensureBaseImage } from './base-image.ts'
import { composeChecks } from './compose.ts'
import { Container, IMAGE, reads, roundTrip, type ContainerPlan } from './container.ts'
import { Machine } from './machine.ts'
import { testcontainersChecks } from './testcontainers.ts'
import { toolChecks } from './tools.ts'

const machine = new Machine()

/** A name that Docker gives to a volume, which goes when the check is over. */
async function withVolume(use: (volume: string) => Promise<void>): Promise<void> {
  const volume = uniqueName('samsa-compat')
  await machine.engine.docker(['volume', 'create', volume])
  try {
    await use(volume)
  } finally {
    await machine.engine.docker(['volume', 'rm', volume])
  }
}

const inContainer = (plan: ContainerPlan, use: (container: Container) => Promise<void>) =>
  Container.use(machine.engine, plan, use)

/** Published on a port of this machine, and advertised there. */
function publishedAt(port: number, more: ContainerPlan = {}): ContainerPlan {
  return {
    ...more,
    options: ['-p', `127.0.0.1:${port}:9092`, ...more.options ?? []],
    variables: {
      KAFKA_LISTENERS: 'PLAINTEXT://:9092',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`, ...more.variables,
    },
  }
}

async function refused(
  variables: Readonly<Record<string, string>>, message: RegExp, options: readonly string[] = [],
): Promise<void> {
  const container = await Container.run(machine.engine, { variables, options })
  try {
    const exitCode = await container.end()
    const log = await container.log()
    match(log, message)
    strictEqual(exitCode, 1)
  } finally {
    await container.remove()
  }
}

const buildChecks: readonly Check[] = [
  {
    name: 'docker build makes the image of a checkout',
    timeoutMs: 600_000,
    async run() {
      const { engine } = machine
      // Without a way out of containers a build has the network of this machine.
      const network = engine.isOwn ? ['--network', 'host'] : []
      await engine.docker(['build', '-q', ...network, '-t', IMAGE, '.'], {
        timeoutMs: 590_000, ...(engine.isOwn ? { env: { DOCKER_BUILDKIT: '0' } } : {}),
      })
      const base = /^FROM (\S+)/m.exec(readFileSync('Dockerfile', 'utf8'))![1]!
      const [whole, below] = await Promise.all([IMAGE, base].map(async (image) => (
        Number((await engine.docker(['inspect', '--format', '{{.Size}}', image])).stdout))))
      const megabytes = (size: number) => `${Math.round(size / 1e6)} MB`
      console.log(`       the image has ${megabytes(whole!)}, ${megabytes(whole! - below!)} of `
        + `them on top of ${base}`)
      ok(whole! - below! < 30e6, 'more than 30 MB on top of Node')
    },
  },
]

const lifeChecks: readonly Check[] = [
  {
    name: 'without variables it serves, as no root, with Node as the first process',
    async run() {
      await inContainer({}, async (container) => {
        strictEqual(await container.exec('id', '-u'), '1000')
        const command = await container.exec('tr', '\\0', ' ', '/proc/1/cmdline')
          .catch(() => container.exec('cat', '/proc/1/cmdline'))
        match(command, /^node/)
        await container.exec('samsa', 'topics', 'create', 'orders')
        strictEqual(await container.exec('samsa', 'topics', 'list', '--json')
          .then((text) => JSON.parse(text).length), 1)
        match(await container.log(),
          /data in \/tmp\/kraft-combined-logs, cluster 5L6g3nShT-eMCtK--X86sw$/m)
      })
    },
  },
  {
    name: 'it becomes healthy, and unhealthy when it no longer answers',
    async run() {
      const options = ['--health-interval=1s', '--health-timeout=1s', '--health-retries=2']
      await inContainer({ options }, async (container) => {
        await container.health('healthy', 20_000)
        process.kill(Number(await container.inspect('{{.State.Pid}}')), 'SIGSTOP')
        await container.health('unhealthy', 20_000)
        process.kill(Number(await container.inspect('{{.State.Pid}}')), 'SIGCONT')
        await container.health('healthy', 20_000)
      })
    },
  },
  {
    name: 'docker stop ends it cleanly, and data in a volume outlives containers',
    async run() {
      await withVolume(async (volume) => {
        const port = await freePort()
        const plan = publishedAt(port, {
          options: ['-v', `${volume}:/var/lib/kafka/data`],
          variables: { KAFKA_LOG_DIRS: '/var/lib/kafka/data', CLUSTER_ID: 'of-the-volume' },
        })
        let topic = ''
        await inContainer(plan, async (container) => {
          topic = await roundTrip(`127.0.0.1:${port}`)
          const startedMs = Date.now()
          strictEqual(await container.stop(), 0)
          ok(Date.now() - startedMs < 5000, 'it took more than 5 s')
          match(await container.log(), /INFO +stopped$/m)
        })
        await inContainer(plan, async (container) => {
          match(await container.log(), /cluster of-the-volume$/m)
          await reads(`127.0.0.1:${port}`, topic)
          await container.kill()
        })
        // The id of a cluster that is there already counts for nothing, as in Kafka.
        const another = { ...plan.variables, CLUSTER_ID: 'another' }
        await inContainer({ ...plan, variables: another }, async (container) => {
          match(await container.log(), /cluster of-the-volume$/m)
          await reads(`127.0.0.1:${port}`, topic)
        })
      })
    },
  },
  {
    name: 'a volume at the default place of the data can be written, on a read-only system',
    async run() {
      await withVolume(async (volume) => {
        const options = ['--read-only', '-v', `${volume}:/tmp/kraft-combined-logs`]
        await inContainer({ options }, async (container) => {
          await container.exec('samsa', 'topics', 'create', 'orders')
          await container.health('healthy', 20_000)
          strictEqual(await container.stop(), 0)
        })
      })
    },
  },
]

const variableChecks: readonly Check[] = [
  {
    name: 'settings of a mounted file count, those of variables and of arguments win over them',
    async run() {
      const directory = mkdtempSync(join(tmpdir(), 'samsa-docker-file-'))
      try {
        chmodSync(directory, 0o755)
        writeFileSync(join(directory, 'server.properties'),
          'node.id=1\nnum.partitions=2\nlog.retention.hours=5\nlog.roll.hours=7\n')
        await inContainer({
          options: ['-v', `${directory}:/mnt/shared/config:ro`],
          variables: { KAFKA_LOG_RETENTION_HOURS: '6', KAFKA_LOG_ROLL_HOURS: '8' },
          command: ['/etc/kafka/docker/run', 'KAFKA_LOG_ROLL_HOURS=9'],
        }, async (container) => {
          const valueOf = async (name: string): Promise<string> => {
            const got = await container.exec(
              'samsa', 'configs', 'get', 'broker', '1', name, '--json')
            return JSON.parse(got)[0].value
          }
          const names = ['num.partitions', 'log.retention.hours', 'log.roll.hours']
          deepStrictEqual(await Promise.all(names.map(valueOf)), ['2', '6', '9'])
        })
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  },
  {
    name: 'the log level is that of KAFKA_LOG4J_ROOT_LOGLEVEL, SAMSA_OPTS are options',
    async run() {
      await inContainer({ variables: { KAFKA_LOG4J_ROOT_LOGLEVEL: 'ERROR' } }, async (quiet) => {
        strictEqual((await quiet.log()).trim().split('\n').length, 1)
      })
      await inContainer({ variables: { SAMSA_OPTS: '--log-format json' } }, async (container) => {
        match(await container.log(), /^\{"time".*RECOVERY to RUNNING/m)
      })
    },
  },
  {
    name: 'what Kafka refuses is refused, and says which variable or setting is wrong',
    async run() {
      await refused({
        KAFKA_LISTENERS: 'PLAINTEXT://:9092',
        KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://0.0.0.0:9092',
      }, /ERROR advertised\.listeners must not be 0\.0\.0\.0/)
      await refused({ KAFKA_NUM_PARTITIONS: 'many' }, /ERROR num\.partitions/)
      await refused({
        KAFKA_PROCESS_ROLES: 'controller', KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://a:9092',
      }, /ERROR KAFKA_ADVERTISED_LISTENERS must not be set/)
      await refused({ KAFKA_ADVERTISED_LISTENERS: 'SSL://localhost:9093' },
        /ERROR KAFKA_SSL_KEYSTORE_FILENAME must be set/)
      await refused({ KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'A:B' }, /ERROR listener\.security/)
      // Of a folder that it may not look into, the broker does not believe that it is empty.
      const directory = mkdtempSync(join(tmpdir(), 'samsa-docker-file-'))
      await refused({}, /ERROR .*server\.properties: cannot be read: this user may not/,
        ['-v', `${directory}:/mnt/shared/config:ro`])
      rmSync(directory, { recursive: true })
    },
  },
]

const SAMSA: readonly Check[] = [...buildChecks, ...lifeChecks, ...variableChecks]

export const dockerSuite: Suite = {
  name: 'docker',
  client: 'Docker, compose, testcontainers',
  checks: [
    ...SAMSA, ...toolChecks(machine), ...composeChecks(machine), ...testcontainersChecks(machine),
  ],
  async install() {
    await installTools()
    await machine.start()
    await ensureBaseImage(machine.engine)
  },
  dispose: () => machine.dispose(),
}
