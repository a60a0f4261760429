// Which names a topic may have.

import { ApiError, Errors } from '../protocol/errors.ts'

const MAX_NAME_LENGTH = 249
const INTERNAL_TOPICS = ['__consumer_offsets', '__transaction_state', '__share_group_state']

/** Topics that coordinators keep their state in. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.includes(name)
}

/** Throws INVALID_TOPIC_EXCEPTION, in Kafka's words. */
export function checkTopicName(name: string): void {
  const why = whyInvalid(name)
  if (why !== undefined) {
    throw new ApiError(Errors.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${why}`)
  }
}

export function isValidTopicName(name: string): boolean {
  return whyInvalid(name) === undefined
}

function whyInvalid(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.') return "'.' is not allowed"
  if (name === '..') return "'..' is not allowed"
  if (name.length > MAX_NAME_LENGTH) {
    return `the length of '${name}' is longer than the max allowed length ${MAX_NAME_LENGTH}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, ` +
      "'.', '_' and '-'"
  }
  return undefined
}
