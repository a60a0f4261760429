// A broker with one of its rules broken on purpose: a process that puts a method of its own in the
// place of the broker's, and is the broker then. Whoever checks the rule has to see it.

import { quickStartOptions } from '../../lib/cli/options.ts'
import { start } from '../../lib/cli/start.ts'

export interface Sabotage {
  readonly name: string
  patch(): void
}

export function replace(prototype: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(prototype, name, { ...descriptor, configurable: true })
}

/** This process becomes the broker with the named rule broken; `args` are those of `samsa`. */
export async function sabotagedBroker(
  sabotages: readonly Sabotage[], [name, ...args]: readonly string[],
): Promise<never> {
  const sabotage = sabotages.find((one) => one.name === name)
  const options = quickStartOptions(args)
  if (sabotage === undefined || options === undefined) throw new Error(`cannot start ${name}`)
  sabotage.patch()
  process.exit(await start(options))
}
