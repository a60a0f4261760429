// How a container of the image begins, lives and ends, with its data in itself or in volumes.

import { match, ok, strictEqual } from 'node:assert/strict'
import { freePort } from '../harness/broker.ts'
import { uniqueName, type Check } from '../harness/check.ts'
import { sleep } from '../harness/process.ts'
import { Container, reads, roundTrip, type ContainerPlan } from './container.ts'
import type { Machine } from './machine.ts'

/** A name that Docker gives to a volume, which goes when the check is over. */
async function withVolume(
  machine: Machine, use: (volume: string) => Promise<void>,
): Promise<void> {
  const volume = uniqueName('samsa-compat')
  await machine.engine.docker(['volume', 'create', volume])
  try {
    await use(volume)
  } finally {
    await machine.engine.docker(['volume', 'rm', volume])
  }
}

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

const MOMENTS = 20
/** A second beside a shutdown. */
const MOST_ENDING_MS = 3000

/** How long a container takes to end that gets SIGTERM so long after its start; 0: at once. */
async function endedAfter(machine: Machine, delayMs: number): Promise<number> {
  const container = await Container.create(machine.engine)
  try {
    // Of a container that is just beginning Docker takes no signal yet.
    const starting = container.start()
    if (delayMs > 0) await starting
    await sleep(delayMs)
    while (!await container.signal('SIGTERM')) await sleep(1)
    const sentMs = Date.now()
    const exitCode = await container.end()
    const tookMs = Date.now() - sentMs
    await starting
    ok([0, 143].includes(exitCode), `exit code ${exitCode} after ${delayMs} ms`)
    return tookMs
  } finally {
    await container.remove()
  }
}

export function lifeChecks(machine: Machine): readonly Check[] {
  return [
    {
      name: 'without variables it serves, and not as root',
      async run() {
        await Container.use(machine.engine, {}, async (container) => {
          strictEqual(await container.exec('id', '-u'), '1000')
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
        await Container.use(machine.engine, { options }, async (container) => {
          await container.health('healthy', 20_000)
          const pid = await container.brokerPid()
          process.kill(pid, 'SIGSTOP')
          await container.health('unhealthy', 20_000)
          process.kill(pid, 'SIGCONT')
          await container.health('healthy', 20_000)
        })
      },
    },
    {
      name: 'docker stop ends it cleanly, and data in a volume outlives containers',
      async run() {
        await withVolume(machine, async (volume) => {
          const port = await freePort()
          const plan = publishedAt(port, {
            options: ['-v', `${volume}:/var/lib/kafka/data`],
            variables: { KAFKA_LOG_DIRS: '/var/lib/kafka/data', CLUSTER_ID: 'of-the-volume' },
          })
          let topic = ''
          await Container.use(machine.engine, plan, async (container) => {
            topic = await roundTrip(`127.0.0.1:${port}`)
            const startedMs = Date.now()
            strictEqual(await container.stop(), 0)
            ok(Date.now() - startedMs < 5000, 'it took more than 5 s')
            match(await container.log(), /INFO +stopped$/m)
          })
          await Container.use(machine.engine, plan, async (container) => {
            match(await container.log(), /cluster of-the-volume$/m)
            await reads(`127.0.0.1:${port}`, topic)
            await container.kill()
          })
          // The id of a cluster that is there already counts for nothing, as in Kafka.
          const other = { ...plan, variables: { ...plan.variables, CLUSTER_ID: 'another' } }
          await Container.use(machine.engine, other, async (container) => {
            match(await container.log(), /cluster of-the-volume$/m)
            await reads(`127.0.0.1:${port}`, topic)
          })
        })
      },
    },
    {
      name: 'a volume at the default place of the data can be written, on a read-only system',
      async run() {
        await withVolume(machine, async (volume) => {
          const options = ['--read-only', '-v', `${volume}:/tmp/kraft-combined-logs`]
          await Container.use(machine.engine, { options }, async (container) => {
            await container.exec('samsa', 'topics', 'create', 'orders')
            await container.health('healthy', 20_000)
            strictEqual(await container.stop(), 0)
          })
        })
      },
    },
    {
      name: 'SIGTERM ends it at every moment of its first second',
      timeoutMs: 180_000,
      async run() {
        const took: number[] = []
        for (let index = 0; index < MOMENTS; index += 1) {
          took.push(await endedAfter(machine, index * (1000 / MOMENTS)))
        }
        console.log(`       ${MOMENTS} containers: ${took.join(', ')} ms from the signal on`)
        ok(Math.max(...took) < MOST_ENDING_MS, `one took ${Math.max(...took)} ms to end`)
      },
    },
    {
      name: 'the end of the broker is that of its container, with its exit code',
      async run() {
        await Container.use(machine.engine, {}, async (container) => {
          process.kill(await container.brokerPid(), 'SIGKILL')
          strictEqual(await container.end(), 137)
        })
      },
    },
  ]
}
