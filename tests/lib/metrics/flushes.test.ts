// How long the device took for segments of logs.

import { expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scrape } from '../../../compat/metrics/scrape.ts'
import { brokersOfTests } from '../library/brokers.ts'

const start = brokersOfTests()
const NAME = 'kafka_log_logflushstats_logflushrateandtimems'

test('is told of a broker with a directory, for each append that has to be there', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'samsa-flushes-'))
  try {
    const broker = await start({
      directory: join(parent, 'data'), metrics: {},
      topics: [{ name: 'sure', configs: { 'flush.messages': 1 } }],
    })
    const flushes = async (): Promise<number> => (
      (await scrape(broker.metricsUrl)).value(`${NAME}_count`)!)
    const before = await flushes()
    for (let i = 0; i < 3; i++) await broker.produce('sure', { value: 'x' })
    expect(await flushes()).toBeGreaterThanOrEqual(before + 3)
    const told = await scrape(broker.metricsUrl)
    expect(told.value(NAME, { quantile: '0.999' })).toBeGreaterThan(0)
    await broker.close()
  } finally {
    rmSync(parent, { recursive: true })
  }
})
