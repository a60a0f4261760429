// The image as people use it: built by `docker build`, run by `docker run`, by compose and by
// testcontainers, with the variables, files and scripts of `apache/kafka`.

import { ok } from 'node:assert/strict'
import type { Check, Suite } from '../harness/check.ts'
import { installTools } from '../java/tools.ts'
import { ensureBaseImage } from './base-image.ts'
import { composeChecks } from './compose.ts'
import { Container, IMAGE } from './container.ts'
import { lifeChecks } from './life.ts'
import { Machine } from './machine.ts'
import { testcontainersChecks } from './testcontainers.ts'
import { toolChecks } from './tools.ts'
import { variableChecks } from './variables.ts'

/** What Samsa and its packages may take of the image. */
const MOST_BYTES = 18e6

const machine = new Machine()

const build: Check = {
  name: 'docker build makes the image of a checkout',
  timeoutMs: 600_000,
  async run() {
    const { engine } = machine
    // Without a way out of containers a build has the network of this machine.
    const network = engine.isOwn ? ['--network', 'host'] : []
    await engine.docker(['build', '-q', ...network, '-t', IMAGE, '.'], {
      timeoutMs: 590_000, ...(engine.isOwn ? { env: { DOCKER_BUILDKIT: '0' } } : {}),
    })
    const { stdout } = await engine.docker(['inspect', '--format', '{{.Size}}', IMAGE])
    await Container.use(engine, {}, async (container) => {
      const bytesOf = async (path: string): Promise<number> => (
        Number((await container.exec('du', '-sb', path)).split('\t')[0]))
      const [samsa, node] = [await bytesOf('/opt/samsa'), await bytesOf('/usr/local/bin/node')]
      const megabytes = (size: number) => `${Math.round(size / 1e6)} MB`
      console.log(`       the image has ${megabytes(Number(stdout))}: ${megabytes(node)} of them `
        + `are Node, ${megabytes(samsa)} Samsa`)
      ok(samsa < MOST_BYTES, `Samsa takes ${megabytes(samsa)}`)
    })
  },
}

export const dockerSuite: Suite = {
  name: 'docker',
  client: 'Docker, compose, testcontainers',
  checks: [
    build, ...lifeChecks(machine), ...variableChecks(machine), ...toolChecks(machine),
    ...composeChecks(machine), ...testcontainersChecks(machine),
  ],
  async install() {
    await installTools()
    await machine.start()
    await ensureBaseImage(machine.engine)
  },
  dispose: () => machine.dispose(),
}
