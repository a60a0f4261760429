// The compiled codecs beside codecs written by hand, for whole frames: what the broker does with
// each of them, and what a client would.

import { deepStrictEqual } from 'node:assert/strict'
import {
  decodeRequest, decodeResponse, encodeRequest, encodeResponse,
} from '../protocol/compile.ts'
import { decodeRequestHeader } from '../protocol/header.ts'
import { joined, type Part } from '../protocol/late-bytes.ts'
import { fetch } from '../protocol/messages/fetch.ts'
import { metadata } from '../protocol/messages/metadata.ts'
import { produce } from '../protocol/messages/produce.ts'
import type { Api, RequestOf, ResponseOf, WriteOf } from '../protocol/schema.ts'
import * as handFetch from './by-hand/fetch.ts'
import * as handMetadata from './by-hand/metadata.ts'
import * as handProduce from './by-hand/produce.ts'
import type { Contest } from './measure.ts'
import {
  EXTENTS, fetchRequest, fetchResponse, metadataRequest, metadataResponse, produceRequest,
  produceResponse, type Extent,
} from './messages.ts'

const CORRELATION_ID = 7

interface ByHand<A extends Api> {
  encodeRequest(request: RequestOf<A>): Buffer[]
  decodeRequest(frame: Buffer, bodyOffset: number): unknown
  encodeResponse(response: ResponseOf<A>, sizeBytes: number): Buffer[]
  decodeResponse(frame: Buffer): unknown
}

interface Messages<A extends Api> {
  request(extent: Extent): RequestOf<A>
  response(extent: Extent): ResponseOf<A>
}

/** A frame without its length. */
const withoutLength = (parts: readonly Part[]) => joined(parts).subarray(4)

function contests<A extends Api>(
  api: A, version: number, hand: ByHand<A>, messages: Messages<A>,
): Contest[] {
  return Object.entries(EXTENTS).flatMap(([size, extent]) => {
    const name = (what: string) => `${api.name} ${what}, ${size}`
    const request = messages.request(extent)
    const response = messages.response(extent)
    const written = request as unknown as WriteOf<A['request']['shape']>
    const encodeOurs = () => encodeRequest(api, version, CORRELATION_ID, 'bench', written)
    const answerOurs = () => encodeResponse(api, version, CORRELATION_ID, response)
    const frame = withoutLength(encodeOurs())
    const answer = withoutLength(answerOurs())
    const { bodyOffset } = decodeRequestHeader(frame)
    const hintBytes = Math.min(answer.length, 16 * 1024)

    deepStrictEqual(withoutLength(hand.encodeRequest(request)), frame)
    deepStrictEqual(withoutLength(hand.encodeResponse(response, hintBytes)), answer)
    deepStrictEqual(
      hand.decodeRequest(frame, bodyOffset), decodeRequest(api, version, frame, bodyOffset))
    deepStrictEqual(hand.decodeResponse(answer), decodeResponse(api, version, answer).body)
    return [
      {
        name: name('request read'),
        ours: () => decodeRequest(api, version, frame, bodyOffset),
        theirs: () => hand.decodeRequest(frame, bodyOffset),
      },
      {
        name: name('answer written'),
        ours: answerOurs, theirs: () => hand.encodeResponse(response, hintBytes),
      },
      {
        name: name('request written'), ours: encodeOurs, theirs: () => hand.encodeRequest(request),
      },
      {
        name: name('answer read'),
        ours: () => decodeResponse(api, version, answer), theirs: () => hand.decodeResponse(answer),
      },
    ]
  })
}

export function againstHand(): Contest[] {
  return [
    ...contests(produce, 13, {
      encodeRequest: handProduce.encodeProduceRequest,
      decodeRequest: handProduce.decodeProduceRequest,
      encodeResponse: handProduce.encodeProduceResponse,
      decodeResponse: handProduce.decodeProduceResponse,
    }, { request: produceRequest, response: produceResponse }),
    ...contests(fetch, 18, {
      encodeRequest: handFetch.encodeFetchRequest,
      decodeRequest: handFetch.decodeFetchRequest,
      encodeResponse: handFetch.encodeFetchResponse,
      decodeResponse: handFetch.decodeFetchResponse,
    }, { request: fetchRequest, response: fetchResponse }),
    ...contests(metadata, 13, {
      encodeRequest: handMetadata.encodeMetadataRequest,
      decodeRequest: handMetadata.decodeMetadataRequest,
      encodeResponse: handMetadata.encodeMetadataResponse,
      decodeResponse: handMetadata.decodeMetadataResponse,
    }, { request: metadataRequest, response: metadataResponse }),
  ]
}
