// The seed of a run, printed so that a failure can be looked at again.

/** Of a run: `COMPAT_DISKS_SEED`, or a new one. */
export function seedOf(what: string): number {
  const given = process.env['COMPAT_DISKS_SEED']
  const seed = given === undefined ? Date.now() % 1_000_000 : Number(given)
  console.log(`       ${what}: COMPAT_DISKS_SEED=${seed}`)
  return seed
}
