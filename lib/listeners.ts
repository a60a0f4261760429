// From the listeners of the configuration to bound ports, and what clients are told of them.

import { ADDRESS_REASONS, addressText } from './address.ts'
import type { Config, Listener } from './config.ts'
import type { ListenerAddress, Server } from './server/server.ts'
import type { AdvertisedListener } from './services.ts'
import { reasonOf, StartError } from './start-error.ts'

export interface BoundListeners {
  /** What clients of the broker are told. */
  readonly broker: readonly AdvertisedListener[]
  /** Where the quorum is reached; empty when the node is a quorum of its own without a listener. */
  readonly controller: readonly AdvertisedListener[]
}

/** Binds all listeners; throws StartError, with one line, for one that cannot be had. */
export async function bindListeners(config: Config, server: Server): Promise<BoundListeners> {
  await resolveOverrides(server)
  const bound = await bindAll(config, server)
  const portOf = ({ name, port }: Listener) =>
    port !== 0 ? port : bound.find((listener) => listener.name === name)?.port ?? 0
  const told = (listener: Listener): AdvertisedListener =>
    ({ name: listener.name, host: listener.host, port: portOf(listener) })
  return {
    broker: config.advertisedListeners.map(told),
    controller: config.advertisedControllerListeners.map(told),
  }
}

async function resolveOverrides(server: Server): Promise<void> {
  try {
    await server.resolveLimits()
  } catch (error) {
    const { hostname } = error as { hostname?: string }
    const reason = reasonOf(error, ADDRESS_REASONS)
    throw new StartError(`max.connections.per.ip.overrides=${hostname}: ${reason}`)
  }
}

async function bindAll(config: Config, server: Server): Promise<ListenerAddress[]> {
  const isController = ({ name }: Listener) => config.controllerListenerNames.includes(name)
  const addresses = config.listeners.map((listener): ListenerAddress => ({
    ...listener, kind: isController(listener) ? 'controller' : 'broker',
  }))
  const bound: ListenerAddress[] = []
  for (const address of addresses) {
    try {
      bound.push(...await server.bind([address]))
    } catch (error) {
      await server.stop()
      throw new StartError(`listeners=${nameOf(address)}: ${reasonOf(error, ADDRESS_REASONS)}`)
    }
  }
  return bound
}

function nameOf({ name, host, port }: ListenerAddress): string {
  return `${name}://${addressText({ host, port })}`
}
