// AlterUserScramCredentials and DescribeUserScramCredentials.

import { beforeEach, expect, test } from '@jest/globals'

import { EMPTY_IMAGE, applyRecord } from '../../../controller/image/image.ts'
import { recordsOfImage } from '../../../controller/image/records-of.ts'
import { readRecord } from '../../../controller/metadata-records.ts'
import {
  alterUserScramCredentialsHandler,
} from '../../../lib/handlers/alter-user-scram-credentials.ts'
import {
  describeUserScramCredentialsHandler,
} from '../../../lib/handlers/describe-user-scram-credentials.ts'
import type {
  AlterUserScramCredentialsResponse,
} from '../../../protocol/messages/alter-user-scram-credentials.ts'
import type {
  DescribeUserScramCredentialsResponse,
} from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { Errors } from '../../../protocol/errors.ts'
import type { Cluster } from '../../controller/harness.ts'
import { contextOf, joined, servicesOf } from './services.ts'

const SHA_256 = 1
const SHA_512 = 2
let cluster: Cluster

beforeEach(() => {
  cluster = joined()
})

interface Change {
  readonly name: string
  readonly mechanism?: number
  readonly iterations?: number
  readonly password?: string
}

async function alter(
  upserts: readonly Change[], deletions: readonly Change[] = [],
): Promise<[string, number, string | null][]> {
  const answer = await alterUserScramCredentialsHandler.handle({
    deletions: deletions.map(({ name, mechanism = SHA_256 }) => ({ name, mechanism })),
    upsertions: upserts.map(({ name, mechanism = SHA_256, iterations = 4096, password = 'p' }) => ({
      name, mechanism, iterations,
      salt: Buffer.from('salt'), saltedPassword: Buffer.from(password),
    })),
  }, contextOf(0), servicesOf(cluster))
  return (answer as AlterUserScramCredentialsResponse).results
    .map(({ user, errorCode, errorMessage }) => [user, errorCode, errorMessage])
}

function find(users: readonly string[] | null): unknown[] {
  const answer = describeUserScramCredentialsHandler.handle(
    { users: users?.map((name) => ({ name })) ?? null }, contextOf(0), servicesOf(cluster))
  return (answer as DescribeUserScramCredentialsResponse).results
    .map(({ user, errorCode, credentialInfos }) => [user, errorCode || credentialInfos])
}

test('credentials are set, told without secrets, kept by a snapshot, and deleted', async () => {
  expect(await alter([{ name: 'ann' }])).toEqual([['ann', 0, null]])
  await alter([{ name: 'ann', mechanism: SHA_512, iterations: 8192 }])
  const both = [['ann', [
    { mechanism: SHA_256, iterations: 4096 }, { mechanism: SHA_512, iterations: 8192 }]]]
  expect(find(null)).toEqual(both)
  cluster.image = [...recordsOfImage(cluster.image)]
    .reduce((image, { bytes }) => applyRecord(image, readRecord(bytes)), EMPTY_IMAGE)
  expect(find([])).toEqual(both)
  expect(await alter([], [{ name: 'ann' }])).toEqual([['ann', 0, null]])
  expect(find(['ann'])).toEqual([['ann', [{ mechanism: SHA_512, iterations: 8192 }]]])
})

test('what is kept are the keys of RFC 7677 for its example', async () => {
  // The salted password of user "user" with "pencil", as the RFC computes it.
  const { pbkdf2Sync } = await import('node:crypto')
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const saltedPassword = pbkdf2Sync('pencil', salt, 4096, 32, 'sha256')
  await alterUserScramCredentialsHandler.handle({
    deletions: [],
    upsertions: [{ name: 'user', mechanism: SHA_256, iterations: 4096, salt, saltedPassword }],
  }, contextOf(0), servicesOf(cluster))
  const [record] = cluster.records
  expect(record!.type).toBe('userScramCredential')
  const { storedKey, serverKey } = record!.data as { storedKey: Buffer, serverKey: Buffer }
  expect(Buffer.from(storedKey).toString('base64'))
    .toBe('WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=')
  expect(Buffer.from(serverKey).toString('base64'))
    .toBe('wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
})

test.each<[Change, number, string]>([
  [{ name: '' }, Errors.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty'],
  [{ name: 'a', mechanism: 3 }, Errors.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism'],
  [{ name: 'a', iterations: 4095 }, Errors.UNACCEPTABLE_CREDENTIAL, 'Too few iterations'],
  [{ name: 'a', iterations: 16_385 }, Errors.UNACCEPTABLE_CREDENTIAL, 'Too many iterations'],
])('%j is refused', async (change, errorCode, message) => {
  expect(await alter([change])).toEqual([[change.name, errorCode, message]])
  expect(cluster.records).toEqual([])
})

test('a user is altered once in a request; others are not held up', async () => {
  const twice = 'A user credential cannot be altered twice in the same request'
  expect(await alter([{ name: 'a' }, { name: 'b' }, { name: 'a', mechanism: SHA_512 }]))
    .toEqual([['b', 0, null], ['a', Errors.DUPLICATE_RESOURCE, twice]])
  expect(await alter([{ name: 'b' }], [{ name: 'b' }]))
    .toEqual([['b', Errors.DUPLICATE_RESOURCE, twice]])
  expect(await alter([], [{ name: 'c' }])).toEqual([['c', Errors.RESOURCE_NOT_FOUND,
    'Attempt to delete a user credential that does not exist']])
  expect(find(['b', 'c', 'd', 'd'])).toEqual([
    ['b', [{ mechanism: SHA_256, iterations: 4096 }]],
    ['c', Errors.RESOURCE_NOT_FOUND], ['d', Errors.DUPLICATE_RESOURCE]])
})
