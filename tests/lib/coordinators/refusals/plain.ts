// Answers as one line of text each: errors by name, and by number what every broker makes up anew.
// Nothing is left out that another answer could have instead.

import { errorName } from '../../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../../protocol/schema.ts'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/
/** As members of consumer groups get it. */
const SHORT_UUID = /^[\w-]{22}$/
/** Producer ids from here on are those that scenarios make up. */
export const MADE_UP = 1_000_000_000
const YEAR_2001_MS = 1_000_000_000_000
/** Longer texts are told by their length. */
const LONG = 120

/** Left out where a field has it: no field can have two of them. The number: nobody asked. */
const UNTOLD: ReadonlySet<string> = new Set([
  'undefined', 'null', '-1', 'NONE', 'false', `${-(2 ** 31)}`,
])
/** Results of transactions, which Kafka groups by topic. */
const UNORDERED: ReadonlySet<string> = new Set([
  'resultsByTopicV3AndBelow', 'topicResults', 'resultsByPartition',
])

/** Names under which ids were first seen in a scenario stay the same to its end. */
export class PlainText {
  readonly #slug: string
  readonly #names: Map<string, string>
  readonly #counts = new Map<string, number>()

  constructor(slug: string, topicIds: ReadonlyMap<string, string>) {
    this.#slug = `.${slug}`
    this.#names = new Map([...topicIds].map(([name, id]) => [id, `id of ${name}`]))
  }

  call(id: string, name: string): void {
    this.#names.set(id, name)
  }

  of(value: unknown): string {
    return this.#text(inOrder(value, ''), '')
  }

  #text(value: unknown, key: string): string {
    if (Buffer.isBuffer(value)) return this.#bytes(value)
    // Kafka says it in other words.
    if (key === 'errorMessage' && typeof value === 'string' && value.includes(' ')) return 'told'
    if (typeof value === 'string') return JSON.stringify(this.#string(value, key))
    if (typeof value === 'number') return this.#number(value, key)
    if (Array.isArray(value)) return this.#list(value, key)
    if (value === null || typeof value !== 'object') return String(value)
    const fields = Object.entries(value)
      .map(([name, each]) => [name, this.#text(each, name)])
      .filter(([name, text]) => !UNTOLD.has(text!) && `${name} ${text}` !== 'throttleTimeMs 0')
      .map(([name, text]) => `${name}: ${text}`)
    return `{${fields.join(', ')}}`
  }

  /** What Kafka lists as it lies in hash tables has an order of its own here. */
  #list(values: readonly unknown[], key: string): string {
    if (key === 'members') return this.#joined(sorted(values, (each) => this.#placeOf(each)), key)
    return this.#joined(values, key)
  }

  #joined(values: readonly unknown[], key: string): string {
    return `[${values.map((each) => this.#text(each, key)).join(', ')}]`
  }

  /** By name, where the member has one already, and by what it is like. */
  #placeOf(member: unknown): string {
    const { memberId, ...rest } = member as { memberId: string }
    const isShort = SHORT_UUID.test(memberId)
    const uuid = isShort ? memberId : UUID.exec(memberId)?.[0]
    const name = this.#names.get(`${isShort ? 'id' : 'uuid'} ${uuid}`)
      ?? (uuid === undefined ? memberId : '~')
    return `${name} ${JSON.stringify(rest)}`
  }

  #bytes(value: Buffer): string {
    const text = value.toString('latin1')
    return /^[ -~]*$/.test(text) ? `<${text}>` : `<${value.toString('hex')}>`
  }

  #string(value: string, key: string): string {
    const known = this.#names.get(value)
    if (known !== undefined) return known
    if (value === ZERO_UUID) return 'no id'
    if (/^(memberId|leader)$/.test(key) && SHORT_UUID.test(value)) return this.#made('id', value)
    const text = value.replaceAll(this.#slug, '')
      .replaceAll(new RegExp(UUID, 'g'), (uuid) => `#${this.#made('uuid', uuid)}`)
    return text.length > LONG && !text.includes(' ') ? `${text.length} characters` : text
  }

  #number(value: number, key: string): string {
    if (/error/i.test(key)) return errorName(value)
    if (key === 'producerId' && value > 0 && value < MADE_UP) {
      return this.#made('producer', String(value))
    }
    if (key === 'port' && value > 0) return 'port'
    if (/time/i.test(key) && value > YEAR_2001_MS) return 'now'
    return String(value)
  }

  /** The nth of its kind. */
  #made(kind: string, id: string): string {
    const key = `${kind} ${id}`
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    const name = `${kind} ${count}`
    this.#names.set(key, name)
    return name
  }
}

/** Lists that have no order in Kafka are sorted: those below markers, and those that are named. */
function inOrder(value: unknown, key: string, isBelowMarkers = false): unknown {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  if (Array.isArray(value)) {
    const list = value.map((each) => inOrder(each, '', isBelowMarkers || key === 'markers'))
    const isUnordered = isBelowMarkers || UNORDERED.has(key)
    return isUnordered ? sorted(list, (each) => JSON.stringify(each)) : list
  }
  return Object.fromEntries(Object.entries(value)
    .map(([name, each]) => [name, inOrder(each, name, isBelowMarkers)]))
}

function sorted(values: readonly unknown[], placeOf: (each: unknown) => string): unknown[] {
  return [...values].sort((a, b) => placeOf(a) < placeOf(b) ? -1 : 1)
}
