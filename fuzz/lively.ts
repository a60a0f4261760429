// Requests that mean something to a broker which has the topics and groups of a run: their own
// fields in random values, what refers to something referring to what is there.

import type { Below } from '../compat/harness/random.ts'
import { randomValues } from '../compat/protocol/random-values.ts'
import type { Field, FieldSpec, Message, Shape } from '../protocol/schema.ts'
import type { BatchSource } from './batches.ts'
import { pick } from './corpus.ts'

type Values = Record<string, unknown>

export const TOPICS = ['fuzz-0', 'fuzz-1', 'fuzz-compact'] as const
export const PARTITIONS = 3

const NAMES: Readonly<Record<string, readonly string[]>> = {
  topicName: [...TOPICS, ...TOPICS, ...TOPICS, 'fuzz-missing', '__consumer_offsets', 'a b', '..'],
  groupId: ['group-0', 'group-1', 'group-2', 'group-3', ''],
  transactionalId: ['transaction-0', 'transaction-1', ''],
}
/** Where a text may be anything: what handlers look for. */
const WORDS = [
  '', 'consumer', 'range', 'cooperative-sticky', 'retention.ms', 'cleanup.policy', 'segment.bytes',
  'compression.type', 'compact', 'delete', '1000', 'zstd', '-1', 'fuzz-0', 'group-0', '1',
  'member-0', 'instance-0', 'kafka.controller',
] as const

export interface Living {
  readonly batches: BatchSource
  /** Of the topics of the run. */
  readonly topicIds: readonly string[]
}

export function livelyValues(
  { shape }: Message, version: number, below: Below, living: Living,
): Values {
  const of = (inner: Shape, values: Values): Values => Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const { spec } = inner[name] as Field<unknown>
      return [name, below(8) === 0 ? value : livelyValue(name, spec, value)]
    }))
  const livelyValue = (name: string, spec: FieldSpec, value: unknown): unknown => {
    if (value === null) return null
    switch (spec.kind) {
      case 'string': {
        return spec.entity === undefined || NAMES[spec.entity] === undefined
          ? pick(WORDS, below) : newOr(pick(NAMES[spec.entity]!, below), below)
      }
      case 'uuid': return /topicId/i.test(name) ? pick(living.topicIds, below) : value
      case 'records': return living.batches.make(below)
      case 'struct': return of(spec.shape!, value as Values)
      case 'array': {
        const few = (value as unknown[]).slice(0, 4)
        return few.map((element) => livelyValue(name, spec.element!.spec, element))
      }
      case 'int8': return below(6) - 1
      case 'int16': return below(4) - 1
      case 'int32': return smallNumber(name, below)
      case 'int64': return below(6) === 0 ? value : below(40) - 2
      default: return value
    }
  }
  return of(shape, randomValues(shape, version, below))
}

/** Now and then a name of which there are not many. */
function newOr(name: string, below: Below): string {
  return below(6) === 0 ? `fuzz-new-${below(30)}` : name
}

function smallNumber(name: string, below: Below): number {
  if (/session/i.test(name) && /ms$/i.test(name)) return 6000
  if (/ms$/i.test(name)) return below(60)
  if (/bytes/i.test(name)) return below(3) * 1000
  return below(PARTITIONS + 2) - 1
}
