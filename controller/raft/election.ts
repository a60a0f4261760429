// Elections: standing for one, voting in one, counting votes.

import { becomeLeader } from './leader.ts'
import type { RaftRequest, RaftResponse } from './events.ts'
import { isVoter, lastEpoch, majority, NONE } from './state.ts'
import { electionTimeout, enter, type Stepping } from './stepping.ts'

type Vote = Extract<RaftRequest, { type: 'vote' }>
type VoteResponse<R> = Extract<RaftResponse<R>, { type: 'vote' }>

/**
 * A restarted leader, or one that gave up: stays out of its old epoch until somebody starts a new
 * one.
 */
export function resignedElection<R>(stepping: Stepping<R>): void {
  const electionAtMs = electionTimeout(stepping)
  stepping.state = { ...stepping.state, role: { name: 'resigned', electionAtMs } }
}

export function becomeCandidate<R>(stepping: Stepping<R>): void {
  const { nodeId, voters } = stepping.state.settings
  enter(stepping, stepping.state.epoch + 1, NONE, nodeId)
  const electionAtMs = electionTimeout(stepping)
  const { epoch, log } = stepping.state
  const granted = new Set([nodeId])
  stepping.state = {
    ...stepping.state,
    role: { name: 'candidate', granted, rejected: new Set(), electionAtMs },
  }
  for (const to of voters) {
    if (to === nodeId) continue
    stepping.effects.push({
      type: 'send', to,
      request: {
        type: 'vote', epoch, candidateId: nodeId,
        lastEpoch: lastEpoch(log), lastEpochEndOffset: log.endOffset,
      },
    })
  }
}

export function onVote<R>(stepping: Stepping<R>, request: Vote): VoteResponse<R> {
  const answer = (granted: boolean, error: VoteResponse<R>['error'] = 'none'): VoteResponse<R> => {
    const { epoch, leaderId } = stepping.state
    return { type: 'vote', error, epoch, leaderId, granted }
  }
  if (request.epoch < stepping.state.epoch) return answer(false, 'fencedLeaderEpoch')
  if (!isVoter(stepping.state, request.candidateId)) return answer(false, 'inconsistentVoterSet')
  if (request.epoch > stepping.state.epoch) {
    enter(stepping, request.epoch, NONE, NONE)
    const electionAtMs = electionTimeout(stepping)
    stepping.state = { ...stepping.state, role: { name: 'unattached', electionAtMs } }
  }
  const { role, leaderId, votedId, log } = stepping.state
  if (votedId !== NONE) return answer(votedId === request.candidateId)
  if (role.name !== 'unattached' || leaderId !== NONE) return answer(false)
  const ourEpoch = lastEpoch(log)
  const isUpToDate = request.lastEpoch > ourEpoch ||
    (request.lastEpoch === ourEpoch && request.lastEpochEndOffset >= log.endOffset)
  if (!isUpToDate) return answer(false)
  enter(stepping, request.epoch, NONE, request.candidateId)
  // Having voted counts as a sign of life of an election: give the candidate its time.
  const electionAtMs = electionTimeout(stepping)
  stepping.state = { ...stepping.state, role: { name: 'unattached', electionAtMs } }
  return answer(true)
}

export function onVoteResponse<R>(
  stepping: Stepping<R>, from: number, response: VoteResponse<R>,
): void {
  const { state } = stepping
  const { role } = state
  if (role.name !== 'candidate' || response.epoch !== state.epoch) return
  if (response.error !== 'none') return
  if (response.granted) {
    const granted = new Set(role.granted).add(from)
    stepping.state = { ...state, role: { ...role, granted } }
    if (granted.size >= majority(state)) becomeLeader(stepping, state.epoch, [...granted])
  } else {
    const rejected = new Set(role.rejected).add(from)
    stepping.state = { ...state, role: { ...role, rejected } }
  }
}
