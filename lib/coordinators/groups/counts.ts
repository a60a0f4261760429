// What has happened to the groups of a node: plain numbers that only grow, for metrics to read.
// They are counted as Kafka's GroupCoordinatorMetrics: when it is decided, written or not.

export class GroupCounts {
  /** One for each partition. */
  offsetCommits = 0
  offsetDeletions = 0
  offsetExpirations = 0
  /** Of classic groups: assignments that were given out. */
  completedRebalances = 0
  /** Of consumer groups: new epochs for another subscription, or for other topics. */
  consumerRebalances = 0
}
