// Names of the timers that members of consumer groups run on.

/** It must be heard of. */
export const sessionTimer = (groupId: string, memberId: string) =>
  `consumer-session-${groupId}-${memberId}`
/** It must have given up what it has to. */
export const rebalanceTimer = (groupId: string, memberId: string) =>
  `consumer-rebalance-${groupId}-${memberId}`
/** Of the classic protocol: it must have joined again. */
export const joinTimer = (groupId: string, memberId: string) =>
  `consumer-join-${groupId}-${memberId}`
/** Of the classic protocol: it must have fetched its assignment. */
export const syncTimer = (groupId: string, memberId: string) =>
  `consumer-sync-${groupId}-${memberId}`
export const resolutionTimer = (groupId: string) => `consumer-regex-${groupId}`
