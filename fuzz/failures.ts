// What a run has found: the bytes of each case in hex, and the command that runs just it again.

/** More are counted, not kept. */
const MOST_KEPT = 20
const MOST_HEX_BYTES = 4096

export class Failures {
  count = 0
  readonly texts: string[] = []
  readonly #seed: number
  readonly #mode: 'offline' | 'socket'

  constructor(seed: number, mode: 'offline' | 'socket') {
    this.#seed = seed
    this.#mode = mode
  }

  add(index: number, name: string, bytes: Buffer, why: string): void {
    this.count += 1
    if (this.texts.length >= MOST_KEPT) return
    const rest = bytes.length - MOST_HEX_BYTES
    const hex = bytes.toString('hex', 0, MOST_HEX_BYTES)
    const mode = this.#mode === 'socket' ? ' --socket' : ''
    this.texts.push([
      `case ${index}, ${name}: ${why}`,
      `  ${hex}${rest > 0 ? `… and ${rest} bytes` : ''}`,
      `  npm run fuzz -- --seed ${this.#seed} --case ${index}${mode}`,
    ].join('\n'))
  }

  /** Where there is no case to blame. */
  addGeneral(why: string): void {
    this.count += 1
    this.texts.push(why)
  }
}
