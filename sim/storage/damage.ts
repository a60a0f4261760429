// What may become of files while nobody looks: bits that flip, sectors of zeros, ends that are cut
// off or grow, files that are gone or have what another should have.

import type { MemoryDisk } from '../../storage/memory-disk.ts'
import type { Dice } from './dice.ts'

export type DamageKind = 'flip' | 'zeros' | 'cut' | 'grow' | 'delete' | 'double'

export interface Damage {
  readonly kind: DamageKind
  readonly path: string
  /** The first byte that is another one, or is gone, and the one behind the last. */
  readonly from: number
  readonly to: number
  /** What lies there now; undefined: nothing, not even the file. */
  readonly bytes: Buffer | undefined
}

const KINDS: readonly (readonly [number, DamageKind])[] = [
  [6, 'flip'], [2, 'zeros'], [2, 'cut'], [2, 'grow'], [1, 'delete'], [1, 'double'],
]

/** Chooses what to do to the file; `others` are of its kind. Nothing is done to the disk yet. */
export function chooseDamage(
  disk: MemoryDisk, path: string, others: readonly string[], dice: Dice,
): Damage {
  const was = disk.readFile(path)!
  const kind = was.length === 0 ? 'grow' : dice.weighted(KINDS)
  const bytes = damaged(kind, was, () => disk.readFile(dice.pick(others))!, dice)
  if (bytes === undefined) return { kind, path, from: 0, to: was.length, bytes }
  let from = 0
  while (from < was.length && from < bytes.length && was[from] === bytes[from]) from++
  let to = Math.max(was.length, bytes.length)
  if (was.length === bytes.length) while (to > from && was[to - 1] === bytes[to - 1]) to--
  return { kind, path, from, to, bytes }
}

function damaged(
  kind: DamageKind, was: Buffer, another: () => Buffer, dice: Dice,
): Buffer | undefined {
  const bytes = Buffer.from(was)
  const at = dice.below(bytes.length)
  switch (kind) {
    case 'flip':
      bytes[at]! ^= 1 << dice.below(8)
      return bytes
    case 'zeros':
      return bytes.fill(0, at, Math.min(bytes.length, at + 1 + dice.below(200)))
    case 'cut':
      return bytes.subarray(0, at)
    case 'grow': {
      const more = Buffer.alloc(1 + dice.below(300))
      if (dice.chance(0.5)) for (const i of more.keys()) more[i] = dice.below(256)
      return Buffer.concat([bytes, more])
    }
    case 'delete':
      return undefined
    case 'double':
      return dice.chance(0.5) ? another() : Buffer.concat([bytes, another()])
  }
}

export function inflict({ path, bytes }: Damage, disk: MemoryDisk): void {
  if (bytes === undefined) return disk.remove(path)
  const file = disk.open(path, 'write')
  file.truncate(0)
  file.write(bytes, 0)
}

export function tellDamage({ kind, path, from, to }: Damage): string {
  return `${kind} ${path}, bytes ${from} to ${to}`
}
