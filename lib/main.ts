#!/usr/bin/env node
// The `samsa` command.

import { basename } from 'node:path'
import { quickStartOptions } from './cli/options.ts'

const [, file = '', ...given] = process.argv
/** Kafka's image has its tools as files, which link to this one in ours. */
const isTool = basename(file).startsWith('kafka-')

process.exit(await run(isTool ? [basename(file), ...given] : given))

async function run(args: readonly string[]): Promise<number> {
  const options = quickStartOptions(args)
  if (options !== undefined) return (await import('./cli/start.ts')).start(options)
  const [name = '', ...rest] = args
  return name.startsWith('kafka-')
    ? (await import('./cli/kafka-tools/run.ts')).runKafkaTool(name, rest)
    : (await import('./cli/commands.ts')).runCommand(args)
}
