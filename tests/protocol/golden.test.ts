// Every message in every version as Kafka's own classes write it (see `golden.json` for the command
// that makes the samples): read, and written again to the same bytes.

import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Golden } from '../../compat/protocol/golden.ts'
import { OUR_MESSAGES } from '../../compat/protocol/our-definitions.ts'
import { decodeMessage, encodeMessage } from '../../protocol/compile.ts'
import { decodeRequestHeader } from '../../protocol/header.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { requestHeader } from '../../protocol/messages/headers.ts'
import { consumerGroupMemberMetadataValue } from '../../protocol/messages/records/consumer-group.ts'
import type { Message } from '../../protocol/schema.ts'

const { samples } = JSON.parse(
  readFileSync(join(__dirname, 'golden.json'), 'utf8'),
) as Golden

function sampleOf({ name }: Message, version: number): Buffer {
  const sample = samples[name]?.[version]
  if (sample === undefined) throw new Error(`no sample of ${name} ${version}`)
  return Buffer.from(sample, 'base64')
}

describe('as Kafka writes it', () => {
  test.each(OUR_MESSAGES.map(({ message }): [string, Message] => [message.name, message]))(
    '%s', (name, message) => {
      const [lowest, highest] = message.versions
      expect(Object.keys(samples[name] ?? {})).toHaveLength(highest - lowest + 1)
      for (let version = lowest; version <= highest; version++) {
        const sample = sampleOf(message, version)
        const value = decodeMessage(message, version, sample)
        const written = encodeMessage(message, version, value)
        expect([version, written.toString('hex')]).toEqual([version, sample.toString('hex')])
      }
    },
  )

  test('no sample is of a message that is gone', () => {
    const names = OUR_MESSAGES.map(({ message }) => message.name)
    expect(Object.keys(samples)).toEqual(names)
  })
})

describe('single bytes of it', () => {
  test('every field of a sample is filled', () => {
    const { topics, rackId, replicaState } =
      decodeMessage(fetch.request, 18, sampleOf(fetch.request, 18))
    expect(rackId).not.toBe('')
    expect(replicaState.replicaEpoch).toBeGreaterThan(0)
    expect(topics[0]!.partitions[0]!.highWatermark).toBeGreaterThan(0)
  })

  test('the header of a request is what its description says', () => {
    // The version of the header follows from the API: Fetch became flexible with its version 12.
    for (const [version, headerVersion] of [[11, 1], [12, 2]] as const) {
      const header = {
        requestApiKey: 1, requestApiVersion: version, correlationId: 7, clientId: 'Grete',
      }
      const written = encodeMessage(requestHeader, headerVersion, header)
      expect(decodeRequestHeader(written)).toEqual({
        apiKey: 1, apiVersion: version, correlationId: 7, clientId: 'Grete',
        bodyOffset: written.length,
      })
    }
  })

  test('a struct that is null among tagged fields', () => {
    const sample = sampleOf(consumerGroupMemberMetadataValue, 0)
    const value = decodeMessage(consumerGroupMemberMetadataValue, 0, sample)
    expect(value.classicMemberMetadata).not.toBeNull()
    const without = { ...value, classicMemberMetadata: null }
    const written = encodeMessage(consumerGroupMemberMetadataValue, 0, without)
    // One tagged field, number 0, of one byte: 0, where in line it would be ff.
    expect(written.toString('hex')).toMatch(/01000100$/)
    expect(decodeMessage(consumerGroupMemberMetadataValue, 0, written)).toEqual(without)
  })
})
