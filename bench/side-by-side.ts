// Both brokers at once, working in turns: what else the machine does meets both alike.

import { type Contender, type Side, SIDES, start } from './contender.ts'

export interface Bench<C, R> {
  readonly settings?: Readonly<Record<string, string>>
  readonly turns: number
  /** Turns that are not counted: they warm the brokers up. */
  readonly warmUpTurns: number
  prepare(broker: Contender): Promise<C>
  /** The same work for either. */
  turn(broker: Contender, context: C, results: R): Promise<void>
  emptyResults(): R
}

export async function sideBySide<C, R>(bench: Bench<C, R>): Promise<Record<Side, R>> {
  const started: Contender[] = []
  try {
    const contenders: { readonly broker: Contender, readonly context: C, results: R }[] = []
    for (const side of SIDES) {
      const broker = await start(side, bench.settings)
      started.push(broker)
      const context = await bench.prepare(broker)
      contenders.push({ broker, context, results: bench.emptyResults() })
    }
    for (let turn = 0; turn < bench.warmUpTurns + bench.turns; turn++) {
      const isCounted = turn >= bench.warmUpTurns
      for (const { broker, context, results } of turn % 2 === 0 ? contenders
        : contenders.toReversed()) {
        await bench.turn(broker, context, isCounted ? results : bench.emptyResults())
      }
    }
    const resultsOf = (side: Side) =>
      contenders.find(({ broker }) => broker.side === side)!.results
    return { Samsa: resultsOf('Samsa'), Kafka: resultsOf('Kafka') }
  } finally {
    await Promise.all(started.map((broker) => broker.dispose()))
  }
}
