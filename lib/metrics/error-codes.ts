// The error codes in an answer, found by its description: every field of that name, wherever it is.

import type { FieldSpec, Shape } from '../../protocol/schema.ts'

/** Counts by code; index 0 is −1, UNKNOWN_SERVER_ERROR. */
export type CountsByCode = number[]

export type CodeCounter = (answer: object, counts: CountsByCode) => void

type Fields = Readonly<Record<string, unknown>>

/** Undefined where no field can hold one. */
export function codeCounter(shape: Shape): CodeCounter | undefined {
  const codes: string[] = []
  const parts: { readonly name: string, readonly count: CodeCounter }[] = []
  for (const [name, { spec }] of Object.entries(shape)) {
    if (spec.kind === 'int16' && /^(partitionE|e)rrorCode$/.test(name)) codes.push(name)
    const count = counterOf(spec)
    if (count !== undefined) parts.push({ name, count })
  }
  if (codes.length === 0 && parts.length === 0) return undefined
  return (answer, counts) => {
    const fields = answer as Fields
    for (const name of codes) note(fields[name], counts)
    for (const { name, count } of parts) {
      const value = fields[name]
      if (typeof value === 'object' && value !== null) count(value, counts)
    }
  }
}

function note(code: unknown, counts: CountsByCode): void {
  // A field that the version has not is left out.
  if (typeof code !== 'number') return
  while (counts.length <= code + 1) counts.push(0)
  counts[code + 1]!++
}

function counterOf({ kind, element, shape }: FieldSpec): CodeCounter | undefined {
  if (kind === 'struct' && shape !== undefined) return codeCounter(shape)
  const each = kind === 'array' && element !== undefined ? counterOf(element.spec) : undefined
  if (each === undefined) return undefined
  return (list, counts) => { for (const one of list as Iterable<object>) each(one, counts) }
}
