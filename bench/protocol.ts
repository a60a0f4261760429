// `npm run bench -- protocol`: the compiled codecs beside those written by hand and those of
// clients, and what loading the schemas costs.

import { againstClients } from './against-clients.ts'
import { againstHand } from './against-hand.ts'
import { benchLoading } from './loading.ts'
import { contest, type Contest, median } from './measure.ts'

export async function benchProtocol(): Promise<void> {
  benchLoading()
  await table('beside codecs written by hand (goal: at most 1.15)', againstHand())
  await table('beside codecs of clients (goal: below 1)', await againstClients())
}

async function table(title: string, contests: readonly Contest[]): Promise<void> {
  console.log(`\n${title}; Node ${process.versions.node}`)
  const ratios: number[] = []
  for (const one of contests) {
    const { ratio, oursNs, theirsNs } = await contest(one)
    ratios.push(ratio)
    console.log([
      one.name.padEnd(55), `ours ${oursNs.toFixed(0).padStart(8)} ns`,
      `theirs ${theirsNs.toFixed(0).padStart(8)} ns`, `ratio ${ratio.toFixed(2)}`,
    ].join('  '))
  }
  console.log(`median ${median(ratios).toFixed(2)}, worst ${Math.max(...ratios).toFixed(2)}`)
}
