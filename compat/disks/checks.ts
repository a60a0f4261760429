// What becomes of data when processes are killed and disks fail: the real thing, on real files.

import type { Suite } from '../harness/check.ts'
import { failingChecks } from './failing.ts'
import { fullCheck } from './full.ts'
import { checkMounting } from './machine.ts'
import { killCheck, python } from './kill.ts'

export const disksSuite: Suite = {
  name: 'disks',
  client: 'killed processes and failing disks',
  checks: [killCheck, fullCheck, ...failingChecks],
  install: async () => {
    await checkMounting()
    await python()
  },
}
