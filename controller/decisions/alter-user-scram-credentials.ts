// AlterUserScramCredentials: SCRAM credentials of users are set and deleted (KIP-554). The client
// sends a salted password; what is kept of it are the keys that SCRAM needs (RFC 5802).

import { createHash, createHmac } from 'node:crypto'

import { ApiError, Errors } from '../../protocol/errors.ts'
import type {
  AlterUserScramCredentialsRequest,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import { METADATA_VERSION } from '../image/features.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import type { Decision, DecisionContext } from './decision.ts'

type Deletion = AlterUserScramCredentialsRequest['deletions'][number]
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]

/** An error by user; null: as wished. */
export interface ScramResults {
  readonly deleted: ReadonlySet<string>
  readonly upserted: ReadonlySet<string>
  readonly failed: ReadonlyMap<string, ApiError>
}

interface Mechanism {
  readonly hash: string
  readonly minIterations: number
}

/** By their numbers on the wire. */
const MECHANISMS: ReadonlyMap<number, Mechanism> = new Map([
  [1, { hash: 'sha256', minIterations: 4096 }], [2, { hash: 'sha512', minIterations: 4096 }],
])
const MAX_ITERATIONS = 16_384
/** 3.5-IV2 */
const FIRST_WITH_SCRAM = 11

/** A user is altered once in a request, or not at all, whatever the mechanism. */
export function alterUserScramCredentials(
  deletions: readonly Deletion[], upsertions: readonly Upsertion[],
): Decision<ScramResults> {
  return (context) => {
    const toDelete = new Map<string, Deletion>()
    const toUpsert = new Map<string, Upsertion>()
    const failed = new Map<string, ApiError>()
    const admit = (name: string, check: () => void): boolean => {
      if (failed.has(name)) return false
      try {
        if (toDelete.delete(name) || toUpsert.delete(name)) {
          throw new ApiError(Errors.DUPLICATE_RESOURCE,
            'A user credential cannot be altered twice in the same request')
        }
        checkSupported(context)
        check()
        return true
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        failed.set(name, error)
        return false
      }
    }
    for (const one of deletions) {
      if (admit(one.name, () => checkDeletion(context, one))) toDelete.set(one.name, one)
    }
    for (const one of upsertions) {
      if (admit(one.name, () => checkUpsertion(one))) toUpsert.set(one.name, one)
    }
    const records = [
      ...[...toDelete.values()].map(({ name, mechanism }) =>
        record('removeUserScramCredential', 0, { name, mechanism })),
      ...[...toUpsert.values()].map(credentialRecord),
    ]
    const answer = {
      deleted: new Set(toDelete.keys()), upserted: new Set(toUpsert.keys()), failed,
    }
    return { records, answer }
  }
}

function checkSupported({ image }: DecisionContext): void {
  if (image.features.level(METADATA_VERSION) >= FIRST_WITH_SCRAM) return
  throw new ApiError(
    Errors.UNSUPPORTED_VERSION, 'The current metadata.version does not support SCRAM')
}

function mechanismOf(name: string, number: number): Mechanism {
  if (name === '') {
    throw new ApiError(Errors.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty')
  }
  const mechanism = MECHANISMS.get(number)
  if (mechanism !== undefined) return mechanism
  throw new ApiError(Errors.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
}

function checkDeletion({ image }: DecisionContext, { name, mechanism }: Deletion): void {
  mechanismOf(name, mechanism)
  if (image.clientData.hasScramCredential(name, mechanism)) return
  throw new ApiError(Errors.RESOURCE_NOT_FOUND,
    'Attempt to delete a user credential that does not exist')
}

function checkUpsertion({ name, mechanism, iterations, saltedPassword }: Upsertion): void {
  const { minIterations } = mechanismOf(name, mechanism)
  const refuse = (why: string): never => {
    throw new ApiError(Errors.UNACCEPTABLE_CREDENTIAL, why)
  }
  if (iterations < minIterations) refuse('Too few iterations')
  if (iterations > MAX_ITERATIONS) refuse('Too many iterations')
  // Java makes no key of nothing, and Kafka has no other words for that.
  if (saltedPassword.length === 0) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
}

function credentialRecord(
  { name, mechanism, iterations, salt, saltedPassword }: Upsertion,
): NewRecord {
  const { hash } = mechanismOf(name, mechanism)
  const keyOf = (label: string): Buffer =>
    createHmac(hash, saltedPassword).update(label).digest()
  const storedKey = createHash(hash).update(keyOf('Client Key')).digest()
  return record('userScramCredential', 0, {
    name, mechanism, salt, storedKey, serverKey: keyOf('Server Key'), iterations,
  })
}
