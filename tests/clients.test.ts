// Stock clients from npm against the broker as it is built: the checks of compat/ that need Node
// alone. `npm run compat` runs these too, and those of the other clients.

import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type { RunningBroker } from '../compat/harness/broker.ts'
import { DEFAULT_TIMEOUT_MS } from '../compat/harness/check.ts'
import { startSamsa } from '../compat/harness/samsa.ts'
import { kafkajsSuite } from '../compat/kafkajs/checks.ts'
import { platformaticSuite } from '../compat/platformatic/checks.ts'

const START_TIMEOUT_MS = 30_000

describe.each([kafkajsSuite, platformaticSuite])('$client', ({ checks, overrides }) => {
  let broker: RunningBroker

  beforeAll(async () => { broker = await startSamsa(overrides) }, START_TIMEOUT_MS)
  afterAll(() => broker?.dispose())

  test.each(checks.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    await check.run(broker)
  }, Math.max(...checks.map(({ timeoutMs }) => timeoutMs ?? DEFAULT_TIMEOUT_MS)))
})
