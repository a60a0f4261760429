// Listeners and quorum voters: how `listeners`, `advertised.listeners` and their kin are read.

import { StartError } from '../start-error.ts'
import { MAX_INT } from './setting.ts'

export const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number]

export interface Listener {
  /** Upper case: PLAINTEXT, CONTROLLER, … */
  readonly name: string
  /** Without brackets; empty: all addresses of the machine. */
  readonly host: string
  /** 0: a free one, chosen when it is bound. */
  readonly port: number
  readonly securityProtocol: SecurityProtocol
}

export interface Voter {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** Reads NAME://host:port, with the setting's name for the error. Throws StartError. */
export function parseEndpoint(text: string, setting: string): Endpoint {
  const match = /^(.+?):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/.exec(text)
  if (match === null) throw new StartError(`${setting}=${text}: must be NAME://host:port`)
  const [, name, host, port] = match as unknown as [string, string, string, string]
  return { name: name.toUpperCase(), host, port: parsePort(port, text, setting) }
}

/** Every listener once: two of one name, or of one port on one host, are a mistake. */
export function parseEndpoints(texts: readonly string[], setting: string): Endpoint[] {
  const endpoints = texts.map((text) => parseEndpoint(text, setting))
  const value = texts.join(',')
  const names = new Set(endpoints.map(({ name }) => name))
  if (names.size !== endpoints.length) {
    throw new StartError(`${setting}=${value}: each listener must have a name of its own`)
  }
  const bound = endpoints.flatMap(({ host, port }) => (port === 0 ? [] : [`${host}:${port}`]))
  if (setting === 'listeners' && new Set(bound).size !== bound.length) {
    throw new StartError(`${setting}=${value}: each listener must have a port of its own`)
  }
  return endpoints
}

/** Reads id@host:port. Throws StartError. */
export function parseVoter(text: string): Voter {
  const setting = 'controller.quorum.voters'
  const match = /^\s*(\d+)@\[?([0-9a-zA-Z\-%._:]+?)\]?:([0-9]+)\s*$/.exec(text)
  if (match === null) throw new StartError(`${setting}=${text}: must be id@host:port`)
  const [, id, host, port] = match as unknown as [string, string, string, string]
  return { id: Number(id), host, port: parsePort(port, text, setting) }
}

/** Reads NAME:PROTOCOL pairs. Throws StartError. */
export function parseProtocolMap(text: string): Map<string, SecurityProtocol> {
  const setting = 'listener.security.protocol.map'
  const pairs = text.split(',').map((pair) => pair.trim()).filter((pair) => pair !== '')
  return new Map(pairs.map((pair) => {
    const [name = '', protocol = ''] = pair.split(':').map((part) => part.trim().toUpperCase())
    const known = SECURITY_PROTOCOLS.find((one) => one === protocol)
    if (name === '' || known === undefined) {
      throw new StartError(
        `${setting}=${pair}: must be NAME:PROTOCOL, with one of ${SECURITY_PROTOCOLS.join(', ')}`,
      )
    }
    return [name, known]
  }))
}

/** Reads host:count pairs, of which a host may be an IPv6 address. Throws StartError. */
export function parseConnectionOverrides(text: string): Map<string, number> {
  const setting = 'max.connections.per.ip.overrides'
  const pairs = text.split(',').map((pair) => pair.trim()).filter((pair) => pair !== '')
  return new Map(pairs.map((pair) => {
    const match = /^([0-9a-zA-Z\-%._:]+?)\s*:\s*(\d+)$/.exec(pair)
    const count = Number(match?.[2])
    if (match === null || count > MAX_INT) {
      throw new StartError(`${setting}=${pair}: must be host:count`)
    }
    return [match[1]!, count]
  }))
}

function parsePort(port: string, text: string, setting: string): number {
  const number = Number(port)
  if (number >= 0 && number <= 65535) return number
  throw new StartError(`${setting}=${text}: the port must lie from 0 to 65535`)
}
