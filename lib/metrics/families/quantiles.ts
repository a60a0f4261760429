// Quantiles as Kafka's exporters write those of its histograms.

import type { Sample } from '../family.ts'
import type { Quantiles } from '../quantiles.ts'

const NAMES = ['0.50', '0.75', '0.95', '0.98', '0.99', '0.999'] as const
const PARTS = NAMES.map(Number)

/** One for each quantile, told under every set of labels. */
export function quantilesOf(
  measured: Quantiles, nowMs: number, labelSets: readonly Sample[1][] = [{}],
): Sample[] {
  const values = measured.at(PARTS, nowMs)
  return labelSets.flatMap((labels) => NAMES.map((quantile, i): Sample => (
    [values[i]!, { ...labels, quantile }])))
}
