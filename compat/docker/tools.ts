// Kafka's command line tools, as health checks, second containers and tutorials for `apache/kafka`
// run them: under the same paths, with the same options, and with what they print.

import { match, ok, strictEqual } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { readTranscript, writeTranscript } from '../admin/transcript.ts'
import { differences } from '../cli/checks.ts'
import { freePort } from '../harness/broker.ts'
import type { Check } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { isTool, runTool } from '../java/tools.ts'
import { Project, threeListeners, withFile } from './compose.ts'
import { Container, IMAGE, roundTrip } from './container.ts'
import type { Machine } from './machine.ts'
import { playTools, TOOL_LINES } from './tool-lines.ts'

const BIN = '/opt/kafka/bin'
const SERVER = ['--bootstrap-server', 'localhost:9092'] as const
const isRecording = process.env['RECORD'] === '1'

/** A health check of Kafka's, and two containers that make topics: one waits for it, one cannot. */
const withTools = (port: number): string => `
services:
${threeListeners(port)}
    healthcheck:
      test: ['CMD', '${BIN}/kafka-broker-api-versions.sh', '--bootstrap-server', 'broker:19092']
      interval: 1s
      timeout: 5s
      retries: 20
  topics:
    image: ${IMAGE}
    depends_on:
      broker:
        condition: service_healthy
    command: >-
      ${BIN}/kafka-topics.sh --bootstrap-server broker:19092 --create --if-not-exists
      --topic waited --partitions 3 --replication-factor 1
  early:
    image: ${IMAGE}
    entrypoint: ['/bin/sh', '-c']
    command: |
      "
      ${BIN}/kafka-topics.sh --bootstrap-server broker:19092 --list
      echo -e 'Creating kafka topics'
      ${BIN}/kafka-topics.sh --bootstrap-server broker:19092 --create --topic early
      "
`

/** As the quick start of Kafka has it, in a shell. */
const QUICK_START = `
${BIN}/kafka-storage.sh format --standalone -t "$(${BIN}/kafka-storage.sh random-uuid)" \
  -c /opt/kafka/config/server.properties &&
exec ${BIN}/kafka-server-start.sh /opt/kafka/config/server.properties
`

export function toolChecks(machine: Machine): readonly Check[] {
  return [
    {
      name: isRecording ? "what Kafka's own tools print is written down"
        : "Kafka's own tools print what tool-lines.txt says",
      timeoutMs: 300_000,
      async run({ address }) {
        const parts = readTranscript(TOOL_LINES)
        const played = await playTools(parts, address, (tool, args, input) => {
          if (!isTool(tool)) throw new Error(`no tool is called ${tool}`)
          return runTool(tool, args, { input, allowedExitCodes: [0, 1] })
        })
        if (isRecording) writeFileSync(TOOL_LINES, writeTranscript(played))
        else strictEqual(differences(parts, played), '')
      },
    },
    {
      name: 'those in /opt/kafka/bin print the same',
      timeoutMs: 180_000,
      async run() {
        await Container.use(machine.engine, {}, async (container) => {
          const parts = readTranscript(TOOL_LINES)
          const played = await playTools(parts, SERVER[1], (tool, args, input) => (
            container.execWith(input, `${BIN}/${tool}.sh`, ...args)))
          strictEqual(differences(parts, played), '')
          const versions = await container.exec(`${BIN}/kafka-broker-api-versions.sh`, ...SERVER)
          match(versions, /^localhost:9092 \(id: 1 rack: null isFenced: false\) -> \(\n\tProduce/)
          match(await container.exec(
            `${BIN}/kafka-metadata-quorum.sh`, ...SERVER, 'describe', '--status'),
          /^LeaderId: {15}1$/m)
        })
      },
    },
    {
      name: 'a compose file whose health check and topics are made by them works',
      timeoutMs: 180_000,
      async run() {
        const port = await freePort()
        await withFile(withTools(port), async (file) => {
          const project = new Project(machine.engine, file, {})
          await project.use(async () => {
            await until('the topics', 60_000, async () => {
              const list = await project.compose('exec', '-T', 'broker',
                `${BIN}/kafka-topics.sh`, '--bootstrap-server', 'broker:19092', '--list')
              return ['waited', 'early'].every((name) => list.split('\n').includes(name))
                || undefined
            }, 500)
            await roundTrip(`localhost:${port}`)
          })
        })
      },
    },
    {
      name: 'a tool that waits for a broker as the first process can be stopped',
      async run() {
        const container = await Container.run(machine.engine, {
          command: [`${BIN}/kafka-topics.sh`, '--bootstrap-server', 'localhost:1', '--list'],
        })
        try {
          await until('the first try', 20_000, async () => (
            /nothing listens there; it tries/.test(await container.log()) || undefined))
          const startedMs = Date.now()
          strictEqual(await container.stop(), 143)
          ok(Date.now() - startedMs < 5000, 'it took more than 5 s')
        } finally {
          await container.remove()
        }
      },
    },
    {
      name: 'the quick start of Kafka formats and starts it by them',
      async run() {
        await Container.use(machine.engine, { command: ['sh', '-c', QUICK_START] },
          async (container) => {
            match(await container.exec(`${BIN}/kafka-topics.sh`, ...SERVER, '--create',
              '--topic', 'quickstart-events'), /^Created topic quickstart-events\.$/m)
            strictEqual(await container.stop(), 0)
          })
      },
    },
  ]
}
