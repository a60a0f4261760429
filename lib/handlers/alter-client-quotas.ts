// AlterClientQuotas (key 49): quotas of users, client ids and addresses are set and removed
// (KIP-546). An entity that fails has its error beside the others.
//
// Version 1 is flexible.

import {
  alterClientQuotas as decide, type QuotaAlteration,
} from '../../controller/decisions/alter-client-quotas.ts'
import { Errors, errorMessage } from '../../protocol/errors.ts'
import {
  alterClientQuotas, type AlterClientQuotasRequest, type AlterClientQuotasResponse,
} from '../../protocol/messages/alter-client-quotas.ts'
import { bucketsFor, inBucketOrder, inHashOrder } from '../config/hash-order.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { entityHash } from './describe-client-quotas.ts'

type Entry = AlterClientQuotasRequest['entries'][number]
type Op = Entry['ops'][number]

export const alterClientQuotasHandler = handler(alterClientQuotas, handleAlterClientQuotas, {
  errorAnswer: ({ entries }, _version, errorCode) => ({
    entries: entries.map(({ entity }) =>
      ({ errorCode, errorMessage: errorMessage(errorCode), entity })),
  }),
})

async function handleAlterClientQuotas(
  { entries, validateOnly }: AlterClientQuotasRequest, _context: RequestContext,
  { controller }: Services,
): Promise<AlterClientQuotasResponse> {
  const results = await controller.submit(decide(entries.map(alterationOf), validateOnly))
  const ordered = inBucketOrder(results, ({ entity }) => entityHash(entity))
  return {
    entries: ordered.map(({ entity, error }) => ({
      errorCode: error?.code ?? Errors.NONE,
      errorMessage: error?.message ?? null,
      entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
    })),
  }
}

/** Kafka keeps both in hash maps: of a type named twice the last one counts. */
function alterationOf({ entity, ops }: Entry): QuotaAlteration {
  const names = new Map(entity.map(({ entityType, entityName }) => [entityType, entityName]))
  const types = inHashOrder([...names.keys()], new Map(), bucketsFor(entity.length))
  const byKey = new Map<string, Op[]>()
  for (const op of ops) {
    const others = byKey.get(op.key)
    if (others === undefined) byKey.set(op.key, [op])
    else others.push(op)
  }
  const keys = inHashOrder([...byKey.keys()], new Map(), bucketsFor(ops.length))
  return {
    entity: new Map(types.map((type) => [type, names.get(type) ?? null])),
    changes: keys.flatMap((key) => byKey.get(key)!)
      .map(({ key, value, remove }) => ({ key, value: remove ? null : value })),
  }
}
