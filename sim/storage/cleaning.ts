// A cleaning of a log, step by step, with appends in between.

import type { CleaningOptions, Steps } from '../../storage/compaction/cleaned-log.ts'
import type { Target } from './scene.ts'

const OPTIONS: Omit<CleaningOptions, 'nowMs'> = {
  bufferBytes: 4096, maxMapBytes: 1024 * 1024, loadFactor: 0.9,
}

export async function cleanNow({ scene, model, log }: Target, between: () => void): Promise<void> {
  const { dice, nowMs } = scene
  const cleanable = log.compaction.cleanable(nowMs)
  if (cleanable === undefined) return
  model.cleanedBelow = Math.max(model.cleanedBelow, cleanable.firstUncleanableOffset)
  model.stableSince = log.highWatermark
  await runSteps(log.compaction.clean(cleanable, { ...OPTIONS, nowMs }), nowMs, () => {
    if (dice.chance(0.02)) between()
  })
}

/** Drives a cleaning to its end; `between` is called before each step. */
export async function runSteps<T>(
  steps: Steps<T>, nowMs: number, between: () => void = () => {},
): Promise<T> {
  let step = steps.next(nowMs)
  while (step.done !== true) {
    const { wait } = step.value
    // Nobody waits for it when `between` throws; its own failure is none of the run's then.
    wait?.catch(() => {})
    between()
    try {
      await wait
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(nowMs)
  }
  return step.value
}
