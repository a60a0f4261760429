#!/usr/bin/env node
// The `samsa` command.

import { quickStartOptions } from './cli/options.ts'

const args = process.argv.slice(2)
const options = quickStartOptions(args)
const exitCode = options === undefined
  ? await (await import('./cli/commands.ts')).runCommand(args)
  : await (await import('./cli/start.ts')).start(options)
process.exit(exitCode)
