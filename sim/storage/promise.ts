// The error of a promise that was broken: it names the invariant.

export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** `invariant`: its letter and number, as tests and documents name them. */
export function must(invariant: string, isKept: boolean, say: () => string): void {
  if (!isKept) throw new BrokenPromise(`[${invariant}] ${say()}`)
}

export function mustEqual(invariant: string, what: string, actual: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)]
  must(invariant, a === b, () => `${what}: ${a}, should be ${b}`)
}
