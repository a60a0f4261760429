// What requests are refused with, as lines of the debug log: errors with the places of the answer
// that hold them, beside what the request named.

import { errorName } from '../../protocol/errors.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Exchange } from './exchange.ts'

/** Places that are told of each error. */
const MOST_PLACES = 3
const MOST_LETTERS = 100
/** By what an element of an answer is known. */
const NAMES = [
  'name', 'topicName', 'topicId', 'groupId', 'transactionalId', 'key', 'memberId', 'resourceName',
  'partitionIndex', 'partition', 'index',
]

type Fields = Readonly<Record<string, unknown>>

/**
 * Tells of the errors in an answer, if there are any. `why`: more than the error's name says. Costs
 * a walk through the answer, so it is for the debug level alone.
 */
export function tellRefusal(
  logger: Logger, { handler, apiVersion, clientId, clientAddress }: Exchange,
  request: Fields, response: Fields, why: string | undefined,
): void {
  const errors = new Map<string, string[]>()
  collect(response, '', errors)
  if (errors.size === 0) return
  logger.debug('A request was refused', {
    api: handler.api.name, version: apiVersion, client: clientId, address: clientAddress,
    errors: [...errors].map(([name, places]) => withPlaces(name, places)).join(', '),
    why, ...scalarsOf(request),
  })
}

function withPlaces(name: string, places: readonly string[]): string {
  const named = places.filter((place) => place !== '')
  if (named.length === 0) return name
  const rest = named.length > MOST_PLACES ? ` and ${named.length - MOST_PLACES} more` : ''
  return `${name} (${named.slice(0, MOST_PLACES).join(', ')}${rest})`
}

function collect(value: unknown, place: string, errors: Map<string, string[]>): void {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
  if (Array.isArray(value)) {
    for (const each of value) collect(each, place, errors)
    return
  }
  const fields = value as Fields
  const own = NAMES.map((name) => fields[name])
    .filter((each) => typeof each === 'number' || typeof each === 'string' && each !== '')
  const here = [...place === '' ? [] : [place], ...own].join(' ')
  for (const [name, each] of Object.entries(fields)) {
    const isError = typeof each === 'number' && each !== 0 && /^(partitionE|e)rrorCode$/.test(name)
    if (!isError) {
      collect(each, here, errors)
      continue
    }
    const error = errorName(each)
    errors.set(error, [...errors.get(error) ?? [], here])
  }
}

/** What the request says at its top: a group, a member, a producer and the like. */
function scalarsOf(request: Fields): Fields {
  const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  return Object.fromEntries(Object.entries(request)
    .filter(([, value]) => isScalar(value))
    .map(([name, value]) =>
      [name, typeof value === 'string' ? value.slice(0, MOST_LETTERS) : value]))
}
