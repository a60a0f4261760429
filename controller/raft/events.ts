// What happens to a member of the quorum (events), and what it asks to be done (effects).

import type { EpochStart, PersistedState } from './state.ts'

export type RaftError =
  | 'none' | 'fencedLeaderEpoch' | 'unknownLeaderEpoch' | 'notLeader' | 'inconsistentVoterSet'

/** Kafka's five RPCs, without what only the wire needs. */
export type RaftRequest =
  | {
    readonly type: 'vote', readonly epoch: number, readonly candidateId: number
    readonly lastEpoch: number, readonly lastEpochEndOffset: number
  }
  | { readonly type: 'beginQuorumEpoch', readonly epoch: number, readonly leaderId: number }
  | {
    readonly type: 'endQuorumEpoch', readonly epoch: number, readonly leaderId: number
    /** Voters by how much of the log they have, most first. */
    readonly preferredSuccessors: readonly number[]
  }
  | {
    readonly type: 'fetch', readonly epoch: number, readonly replicaId: number
    readonly fetchOffset: number, readonly lastFetchedEpoch: number
  }

interface ResponseBase {
  readonly error: RaftError
  /** What the responder holds for the current epoch and its leader (NONE when it does not know). */
  readonly epoch: number
  readonly leaderId: number
}

/**
 * Batches read from a leader's log, opaque to the step function but for where they end and their
 * epochs.
 */
export interface Fetched<R> {
  readonly records: R
  readonly endOffset: number
  readonly epochs: readonly EpochStart[]
}

export type RaftResponse<R> =
  | (ResponseBase & { readonly type: 'vote', readonly granted: boolean })
  | (ResponseBase & { readonly type: 'beginQuorumEpoch' })
  | (ResponseBase & { readonly type: 'endQuorumEpoch' })
  | (ResponseBase & {
    readonly type: 'fetch'
    readonly highWatermark: number
    readonly diverging?: { readonly epoch: number, readonly endOffset: number }
    readonly fetched?: Fetched<R>
  })

export type RaftEvent<R> =
  /** The first event: nothing happened before it. */
  | { readonly type: 'start' }
  /** Time has passed: see `nextTimeoutMs`. */
  | { readonly type: 'tick' }
  /** A leader shall append records, `count` offsets long. Ignored by others. */
  | { readonly type: 'propose', readonly records: R, readonly count: number }
  /** A `flush` effect has been done. */
  | { readonly type: 'flushed', readonly endOffset: number }
  | {
    readonly type: 'request', readonly from: number, readonly requestId: number
    readonly request: RaftRequest
  }
  | { readonly type: 'response', readonly from: number, readonly response: RaftResponse<R> }
  /** A request found no answer. */
  | { readonly type: 'unanswered', readonly from: number, readonly request: RaftRequest['type'] }
  /** A leader shall go: the node shuts down. */
  | { readonly type: 'resign' }

/** Carried out strictly in the order given; the comments say what the order protects. */
export type RaftEffect<R> =
  /** fsync'ed before the next effect: a vote given or an epoch seen must not be forgotten. */
  | { readonly type: 'persist', readonly state: PersistedState }
  | { readonly type: 'appendLeaderChange', readonly epoch: number, readonly baseOffset: number
    readonly grantingVoters: readonly number[] }
  | { readonly type: 'append', readonly epoch: number, readonly baseOffset: number
    readonly records: R }
  /** Batches from the leader, offsets and epochs in them. */
  | { readonly type: 'appendFetched', readonly records: R }
  | { readonly type: 'truncate', readonly endOffset: number }
  /**
   * May be done later and answered by `flushed`: a leader counts itself, a follower fetches on,
   * only then.
   */
  | { readonly type: 'flush', readonly endOffset: number }
  | { readonly type: 'send', readonly to: number, readonly request: RaftRequest }
  | { readonly type: 'respond', readonly to: number, readonly requestId: number
    readonly response: RaftResponse<R>
    /** Fill in `fetched` with what the log holds from here on. */
    readonly readFrom?: number }
  /** Records below are committed: they may be applied and acknowledged. */
  | { readonly type: 'commit', readonly highWatermark: number }
  | { readonly type: 'elected', readonly epoch: number }
  | { readonly type: 'deposed', readonly epoch: number }
