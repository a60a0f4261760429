// What is mutated: a sample of every message in every version, as Kafka's own classes wrote it, and
// requests that mean something to a broker which is there.

import { readFileSync } from 'node:fs'
import { GOLDEN_FILE, type Golden } from '../compat/protocol/golden.ts'
import { OUR_MESSAGES } from '../compat/protocol/our-definitions.ts'
import type { Below } from '../compat/harness/random.ts'
import { randomValues } from '../compat/protocol/random-values.ts'
import { encodeMessage } from '../protocol/compile.ts'
import { isFlexible, requestHeaderVersion, responseHeaderVersion } from '../protocol/header.ts'
import { ALL_APIS } from '../protocol/messages/index.ts'
import { requestHeader, responseHeader } from '../protocol/messages/headers.ts'
import type { Api, Message } from '../protocol/schema.ts'

export interface Sample {
  readonly message: Message
  readonly version: number
  readonly bytes: Buffer
  /** Undefined for what is neither a request nor a response. */
  readonly api: Api | undefined
}

export interface Corpus {
  readonly requests: readonly Sample[]
  readonly responses: readonly Sample[]
  /** Of logs and files, and what stands inside of requests. */
  readonly records: readonly Sample[]
}

export function loadCorpus(): Corpus {
  const { samples } = JSON.parse(readFileSync(GOLDEN_FILE, 'utf8')) as Golden
  const apis = new Map(ALL_APIS.flatMap((api) => [[api.request, api], [api.response, api]]))
  const all = OUR_MESSAGES.flatMap(({ message }) => (
    Object.entries(samples[message.name] ?? {}).map(([version, text]): Sample => ({
      message, version: Number(version), bytes: Buffer.from(text, 'base64'), api: apis.get(message),
    }))
  ))
  return {
    requests: all.filter(({ message, api }) => message === api?.request),
    responses: all.filter(({ message, api }) => message === api?.response),
    records: all.filter(({ api }) => api === undefined),
  }
}

export function pick<T>(values: readonly T[], below: Below): T {
  return values[below(values.length)]!
}

/** Without the length in front. */
export function requestFrame(
  { key }: Api, version: number, correlationId: number, body: Buffer,
): Buffer {
  return Buffer.concat([encodeMessage(requestHeader, requestHeaderVersion(key, version), {
    requestApiKey: key, requestApiVersion: version, correlationId, clientId: 'fuzz',
  }), body])
}

export function responseFrame(api: Api, version: number, body: Buffer): Buffer {
  const headerVersion = responseHeaderVersion(api.key, isFlexible(api, version))
  const header = encodeMessage(responseHeader, headerVersion, { correlationId: 7 })
  return Buffer.concat([header, body])
}

/** As the sample, with other values. */
export function randomSample(sample: Sample, below: Below): Sample {
  const { message, version } = sample
  const values = randomValues(message.shape, version, below)
  return { ...sample, bytes: encodeMessage(message, version, values as never) }
}
