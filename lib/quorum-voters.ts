// The voters of the quorum where the log names them (KIP-853): this node alone, for clusters are
// not formed yet.

import type { Voter } from '../controller/raft/quorum.ts'
import { StartError } from './start-error.ts'

const SUPPORTED = { minSupportedVersion: 0, maxSupportedVersion: 1 }

/** Undefined for a node that others could not reach: it has no listener for the quorum. */
export function voterOf(
  voterId: number, voterDirectoryId: string, endpoints: Readonly<Voter['endpoints']>,
): Voter | undefined {
  if (endpoints.length === 0) return undefined
  return {
    voterId, voterDirectoryId, kRaftVersionFeature: SUPPORTED,
    endpoints: endpoints.map(({ name, host, port }) => ({ name, host, port })),
  }
}

/** Throws StartError for a quorum of others: two would lead the same metadata. */
export function checkVoters(voters: readonly Pick<Voter, 'voterId'>[], nodeId: number): void {
  const others = voters.filter(({ voterId }) => voterId !== nodeId)
  if (others.length === 0) return
  throw new StartError(`the metadata log names ${others.length} other voters, such as node `
    + `${others[0]!.voterId}: Samsa does not form clusters yet, it runs a node of its own`)
}
