// What a member of the quorum knows: the state that `step` takes and gives.

export const NONE = -1

export interface RaftSettings {
  readonly nodeId: number
  /** The static quorum of `controller.quorum.voters`, this node in it unless it only observes. */
  readonly voters: readonly number[]
  /**
   * `controller.quorum.election.timeout.ms`: without a vote won, try again (plus up to as much
   * again).
   */
  readonly electionTimeoutMs: number
  /**
   * `controller.quorum.fetch.timeout.ms`: a follower without news, or a leader without a majority,
   * gives up.
   */
  readonly fetchTimeoutMs: number
  /** How long a leader lets a fetch wait that has nothing to bring. */
  readonly fetchMaxWaitMs: number
  /** `controller.quorum.retry.backoff.ms` */
  readonly retryBackoffMs: number
}

/** A leader's epoch and the offset at which it begins in the log. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/**
 * What the step function must know of the log: it decides what is appended and truncated, so it
 * keeps count.
 */
export interface LogState {
  readonly startOffset: number
  readonly endOffset: number
  /** Everything before it is on the disk. */
  readonly flushedOffset: number
  /** Ascending; the last entry is the epoch of the last record. */
  readonly epochs: readonly EpochStart[]
}

/** A fetch that waits for records; `progress` of its sender is already counted. */
export interface ParkedFetch {
  readonly from: number
  readonly requestId: number
  readonly fetchOffset: number
  readonly untilMs: number
}

export interface Progress {
  /** What the replica has on its disk: it flushes before it fetches. */
  readonly endOffset: number
  readonly lastFetchMs: number
  /** When the replica last had all that the leader had. */
  readonly lastCaughtUpMs: number
}

export type Role =
  | { readonly name: 'unattached', readonly electionAtMs: number }
  | {
    readonly name: 'candidate'
    readonly granted: ReadonlySet<number>
    readonly rejected: ReadonlySet<number>
    readonly electionAtMs: number
  }
  | {
    readonly name: 'leader'
    /**
     * Where this epoch begins: nothing is committed before a record of the own epoch is (Raft
     * §5.4.2).
     */
    readonly epochStartOffset: number
    readonly progress: ReadonlyMap<number, Progress>
    /** Voters that have not fetched in this epoch: told again and again who leads. */
    readonly unaware: ReadonlySet<number>
    readonly announceAtMs: number
    readonly resignAtMs: number
    readonly parked: readonly ParkedFetch[]
  }
  | {
    readonly name: 'follower'
    readonly electionAtMs: number
    /** One fetch at a time; Infinity while one is under way or its records are being flushed. */
    readonly fetchAtMs: number
  }
  /** Was leader, or its epoch's leader resigned: votes no more in this epoch. */
  | { readonly name: 'resigned', readonly electionAtMs: number }

export interface RaftState {
  readonly settings: RaftSettings
  readonly epoch: number
  readonly leaderId: number
  readonly votedId: number
  /** NONE until it is known. */
  readonly highWatermark: number
  readonly log: LogState
  readonly role: Role
  /**
   * Of the pseudo-random numbers for election time-outs: the same state and event give the same
   * step.
   */
  readonly seed: number
}

/** What survives in the `quorum-state` file. */
export interface PersistedState {
  readonly epoch: number
  readonly leaderId: number
  readonly votedId: number
}

export function initialState(
  settings: RaftSettings, persisted: PersistedState, log: LogState, seed: number,
): RaftState {
  const { epoch, leaderId, votedId } = persisted
  return {
    settings, epoch, leaderId, votedId, log, seed,
    highWatermark: NONE, role: { name: 'unattached', electionAtMs: Infinity },
  }
}

export function lastEpoch(log: LogState): number {
  return log.epochs.at(-1)?.epoch ?? 0
}

export function isVoter(state: RaftState, id: number): boolean {
  return state.settings.voters.includes(id)
}

export function majority(state: RaftState): number {
  return Math.floor(state.settings.voters.length / 2) + 1
}

/**
 * The largest epoch of the log not above `epoch`, and the offset where it ends: what a leader tells
 * a follower whose log went another way (KIP-595, "diverging epoch").
 */
export function endOfEpoch(log: LogState, epoch: number): { epoch: number, endOffset: number } {
  let at = log.epochs.length - 1
  while (at >= 0 && log.epochs[at]!.epoch > epoch) at--
  if (at < 0) return { epoch: 0, endOffset: log.startOffset }
  return {
    epoch: log.epochs[at]!.epoch,
    endOffset: log.epochs[at + 1]?.startOffset ?? log.endOffset,
  }
}

export function appendedLog(
  log: LogState, epochs: readonly EpochStart[], endOffset: number,
): LogState {
  const fresh = epochs.filter(({ epoch }) => epoch > lastEpoch(log))
  return { ...log, endOffset, epochs: fresh.length === 0 ? log.epochs : [...log.epochs, ...fresh] }
}

export function truncatedLog(log: LogState, endOffset: number): LogState {
  return {
    ...log, endOffset,
    flushedOffset: Math.min(log.flushedOffset, endOffset),
    epochs: log.epochs.filter(({ startOffset }) => startOffset < endOffset),
  }
}
