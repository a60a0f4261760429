// Listeners that a running broker is to have, or that its protocols are to be others of, as Kafka
// looks through them: what a start would refuse with words of Samsa's own is refused in Kafka's.

import { isIpAddress } from '../../controller/ip-addresses.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Effective, Present } from './effective.ts'
import { SECURITY_PROTOCOLS } from './listeners.ts'
import { pairsIn } from './pairs.ts'

const LISTENERS = 'listeners'
const ADVERTISED = 'advertised.listeners'
const PROTOCOL_MAP = 'listener.security.protocol.map'
const SECURED: readonly string[] = SECURITY_PROTOCOLS.filter((name) => name !== 'PLAINTEXT')
const ENDPOINT = /^(.+?):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/
const MAX_INT = 2 ** 31 - 1

/** Files would set these for all listeners; while the broker runs each listener has its own. */
export const PER_LISTENER: readonly string[] = [
  'ssl.key.password', 'ssl.keystore.certificate.chain', 'ssl.keystore.key',
  'ssl.keystore.location', 'ssl.keystore.password', 'ssl.keystore.type',
  'ssl.truststore.certificates', 'ssl.truststore.location', 'ssl.truststore.password',
  'ssl.truststore.type',
]
/** Settings that brokers have for all listeners, and that each may have of its own. */
export const OF_ALL_LISTENERS: readonly string[] = [
  'max.connections', 'max.connection.creation.rate', 'num.network.threads',
]

export interface DynamicEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: string
}

export interface DynamicListeners {
  readonly all: readonly DynamicEndpoint[]
  /** By the name of the listener, of those that there are and of others. */
  readonly protocols: ReadonlyMap<string, string>
}

/** Those that the broker was started with. */
export function startedListeners({ listeners }: Present): DynamicListeners {
  const protocols = new Map(listeners.map(({ name, securityProtocol }) => [name, securityProtocol]))
  return { all: listeners, protocols }
}

/** Whether these are other listeners, or other protocols, than those of the start. */
export function areListenersChanged({ given }: Effective, config: Present): boolean {
  return [LISTENERS, PROTOCOL_MAP].some((name) => (
    given.get(name) !== (config.given(name) ? config.get(name) : undefined)))
}

/** Throws INVALID_REQUEST for listeners that nobody could make anything of. */
export function readListeners(settings: Effective, config: Present): DynamicListeners {
  // What a start took is not looked through once more.
  if (!areListenersChanged(settings, config)) return startedListeners(config)
  const protocols = protocolsOf(settings, config.controllerListenerNames)
  return { all: endpointsOf(settings.list(LISTENERS), protocols), protocols }
}

/** Null where none are given: it is those of `listeners` then. */
export function readAdvertised(
  settings: Effective, { protocols }: DynamicListeners,
): readonly DynamicEndpoint[] | null {
  if (!settings.given.has(ADVERTISED)) return null
  return endpointsOf(settings.list(ADVERTISED), protocols, { arePortsShared: true })
}

function protocolsOf(
  settings: Effective, controllerNames: readonly string[],
): ReadonlyMap<string, string> {
  const text = settings.get(PROTOCOL_MAP) ?? ''
  const protocols = new Map(pairsIn(PROTOCOL_MAP, text).map(([name, protocol]) => {
    const known = SECURITY_PROTOCOLS.find((one) => one === protocol.toUpperCase())
    if (known !== undefined) return [name.toUpperCase(), known]
    throw invalid(`Invalid security protocol \`${protocol}\` defined in ${PROTOCOL_MAP}`)
  }))
  if (settings.given.has(PROTOCOL_MAP)) return protocols
  // Where nothing is secured, and none is named for it, the controller's are not either.
  const isSecured = (name: string): boolean => SECURED.includes(name)
  const names = settings.list(LISTENERS).map(nameIn)
  if (controllerNames.some(isSecured) || names.some(isSecured)) return protocols
  for (const name of controllerNames) protocols.set(name, 'PLAINTEXT')
  return protocols
}

function nameIn(listener: string): string {
  const colon = listener.indexOf(':')
  if (colon < 0) throw invalid(`Unable to parse a listener name from ${listener}`)
  return listener.slice(0, colon).toUpperCase()
}

function endpointsOf(
  texts: readonly string[], protocols: ReadonlyMap<string, string>,
  { arePortsShared = false } = {},
): readonly DynamicEndpoint[] {
  const all = `[${texts.join(', ')}]`
  try {
    const endpoints = texts.map((text) => endpointOf(text, protocols))
    if (new Set(endpoints.map(({ name }) => name)).size < endpoints.length) {
      throw invalid(`Each listener must have a different name, listeners: ${all}`)
    }
    if (!arePortsShared) checkPorts(endpoints, all)
    return endpoints
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw invalid(`Error creating broker listeners from '${all}': ${error.message}`)
  }
}

function endpointOf(text: string, protocols: ReadonlyMap<string, string>): DynamicEndpoint {
  const match = ENDPOINT.exec(text)
  if (match === null) throw invalid(`Unable to parse ${text} to a broker endpoint`)
  const [, given, host, port] = match as unknown as [string, string, string, string]
  const name = given.toUpperCase()
  if (Math.abs(Number(port)) > MAX_INT) throw invalid(`For input string: "${port}"`)
  const securityProtocol = protocols.get(name)
  if (securityProtocol !== undefined) return { name, host, port: Number(port), securityProtocol }
  throw invalid(`No security protocol defined for listener ${name}`)
}

/** Two may share a port where the one has an IPv4 address and the other an IPv6 address. */
function checkPorts(endpoints: readonly DynamicEndpoint[], all: string): void {
  for (const port of new Set(endpoints.map((endpoint) => endpoint.port))) {
    const hosts = endpoints.filter((one) => one.port === port).map(({ host }) => host)
    if (port === 0 || hosts.length < 2) continue
    const addresses = hosts.filter(isIpAddress)
    const namedCount = hosts.length - addresses.length
    if (namedCount > 1) {
      throw invalid(`Each listener must have a different port, listeners: ${all}`)
    }
    if (addresses.length === 0) continue
    if (addresses.length !== 2) {
      throw invalid('Each listener must have a different port unless exactly one listener has an ' +
        `IPv4 address and the other IPv6 address, listeners: ${all}, port: ${port}`)
    }
    const isOfSix = addresses.map((address) => address.includes(':'))
    if (namedCount === 0 && isOfSix[0] !== isOfSix[1]) continue
    throw invalid('If you have two listeners on the same port then one needs to be IPv4 and the ' +
      `other IPv6, listeners: ${all}, port: ${port}`)
  }
}

function invalid(why: string): ApiError {
  return new ApiError(Errors.INVALID_REQUEST, why)
}
