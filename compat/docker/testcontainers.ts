// Testcontainers, for Node and for Java: its modules for Kafka's image, and for Confluent's, are
// told another name.

import { ok, strictEqual } from 'node:assert/strict'
import { resolve } from 'node:path'
import type { Check } from '../harness/check.ts'
import { jarsOf, javaProgram, SMALL_JVM } from '../harness/java.ts'
import { run } from '../harness/process.ts'
import { IMAGE, roundTrip } from './container.ts'
import type { Machine } from './machine.ts'

/**
 * Its helper, which removes what a test leaves behind, is an image of a registry. Where these
 * checks run in a container themselves, it would look for published ports at the bridge's address.
 */
const ALONE = { TESTCONTAINERS_RYUK_DISABLED: 'true', TESTCONTAINERS_HOST_OVERRIDE: 'localhost' }

/** The module for Confluent's image takes a tag for a version of that, and these have KRaft. */
const TAGGED = 'samsa:8.0.0'

export function testcontainersChecks(machine: Machine): readonly Check[] {
  return [
    {
      name: 'testcontainers starts it, and waits until it is healthy',
      timeoutMs: 120_000,
      async run() {
        Object.assign(process.env, machine.engine.env, ALONE)
        const { GenericContainer, Wait } = await import('testcontainers')
        const started = await new GenericContainer(IMAGE)
          .withExposedPorts(9092).withWaitStrategy(Wait.forHealthCheck()).start()
        try {
          ok(started.getMappedPort(9092) > 0)
        } finally {
          await started.stop()
        }
      },
    },
    {
      name: 'KafkaContainer of @testcontainers/kafka starts it, and kafkajs finds it',
      timeoutMs: 120_000,
      async run() {
        await machine.engine.docker(['tag', IMAGE, TAGGED])
        Object.assign(process.env, machine.engine.env, ALONE)
        const { KafkaContainer } = await import('@testcontainers/kafka')
        const started = await new KafkaContainer(TAGGED).start()
        try {
          await roundTrip(`${started.getHost()}:${started.getMappedPort(9093)}`)
        } finally {
          await started.stop()
        }
      },
    },
    {
      name: 'KafkaContainer of Testcontainers for Java starts it, and Kafka\'s client finds it',
      timeoutMs: 300_000,
      async run() {
        const jars = await jarsOf('docker-java', resolve('compat/docker/pom.xml'))
        const program = await javaProgram('docker-java-program', jars,
          [resolve('compat/docker/Containers.java')])
        const { stdout } = await run('java', [
          ...SMALL_JVM, '-cp', program, 'Containers', IMAGE,
        ], { env: { ...machine.engine.env, ...ALONE }, timeoutMs: 120_000 })
        strictEqual(stdout.trim(), 'received hello')
      },
    },
  ]
}
