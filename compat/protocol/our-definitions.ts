// Our message definitions: all there are, and what they say in the form of Kafka's.

import { RECORD_TYPES } from '../../controller/metadata-records.ts'
import { requestHeader, responseHeader } from '../../protocol/messages/headers.ts'
import {
  consumerProtocolAssignment, consumerProtocolSubscription,
} from '../../protocol/messages/consumer-protocol.ts'
import { defaultPrincipalData } from '../../protocol/messages/default-principal.ts'
import { ALL_APIS } from '../../protocol/messages/index.ts'
import {
  GROUP_RECORDS, OTHER_RECORDS, REMOTE_LOG_RECORDS, SHARE_RECORDS, TRANSACTION_RECORDS,
} from '../../protocol/messages/records/index.ts'
import type { Field, FieldSpec, Message, Shape } from '../../protocol/schema.ts'
import {
  type Fact, fieldFact, type MessageFacts, ranges, versionsFrom, zeroOf,
} from './facts.ts'

/** A message, and what its API or kind of record adds to it. */
export interface OurMessage {
  readonly message: Message
  /** The number of its API, or of its kind of record. */
  readonly key?: number
  readonly listeners?: readonly string[]
  readonly latestVersionUnstable?: boolean
}

const apiMessages: readonly OurMessage[] = ALL_APIS.flatMap((api) => {
  const { key, listeners, latestVersionUnstable } = api
  return [
    { message: api.request, key, listeners, latestVersionUnstable },
    { message: api.response, key },
  ]
})

const coordinatorRecords: readonly OurMessage[] =
  [...GROUP_RECORDS, ...TRANSACTION_RECORDS, ...SHARE_RECORDS].flatMap(({ type, key, value }) => [
    { message: key, key: type }, { message: value, key: type },
  ])

export const OUR_MESSAGES: readonly OurMessage[] = [
  ...apiMessages,
  ...[requestHeader, responseHeader, consumerProtocolSubscription, consumerProtocolAssignment,
    defaultPrincipalData, ...OTHER_RECORDS].map((message) => ({ message })),
  ...coordinatorRecords,
  ...REMOTE_LOG_RECORDS.map(({ type, value }) => ({ message: value, key: type })),
  ...Object.values(RECORD_TYPES).map(({ key, message }) => ({ message, key })),
]

/** Every message in every version. */
export const OUR_VERSIONS = OUR_MESSAGES.flatMap(({ message }) => (
  versionsFrom(...message.versions).map((version) => ({ message, version }))
))

export function ourFacts(): MessageFacts[] {
  return OUR_MESSAGES.map(factsOf)
}

function factsOf(of: OurMessage): MessageFacts {
  const { message } = of
  const versions = versionsFrom(...message.versions)
  const flexible = versions.filter((version) => version >= (message.flexibleSince ?? Infinity))
  const fields = new Map<string, Fact>()
  collect(message.shape, '', versions, message.versions[1], fields)
  return {
    name: message.name,
    message: {
      versions: ranges(versions),
      flexible: ranges(flexible, message.versions[1]),
      apiKey: String(of.key ?? 'none'),
      listeners: of.listeners === undefined ? 'none' : [...of.listeners].sort().join(', '),
      latestVersionUnstable: String(of.latestVersionUnstable ?? false),
    },
    fields,
  }
}

function collect(
  shape: Shape, prefix: string, versions: readonly number[], newest: number,
  into: Map<string, Fact>,
): void {
  for (const [name, { spec }] of Object.entries(shape) as [string, Field<unknown>][]) {
    const path = prefix + name
    const { kind, since, until, nullableSince = Infinity, tag, tagSince = 0 } = spec
    const element = spec.element?.spec
    const own = versions.filter((version) => version >= since && version <= until)
    into.set(path, fieldFact({
      type: element === undefined ? kind : `array of ${element.kind}`,
      versions: own,
      nullable: own.filter((version) => version >= nullableSince),
      tagged: tag === undefined ? [] : own.filter((version) => version >= tagSince),
      tag,
      default: defaultOf(spec),
      isKey: spec.key === true,
      entity: spec.entity,
      isInflexible: spec.inflexible === true,
    }, newest))
    const inner = spec.shape ?? element?.shape
    if (inner !== undefined) collect(inner, `${path}.`, own, newest, into)
  }
}

function defaultOf(spec: FieldSpec): string {
  const value = spec.default
  if (value === undefined || value === '') return zeroOf(spec.kind)
  if (value === null) return 'null'
  return Array.isArray(value) && value.length === 0 ? 'empty' : String(value)
}
