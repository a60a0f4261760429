// What goes in and out of partitions, by topic and altogether: plain numbers that only grow, for
// metrics to read. They are named and counted as Kafka's BrokerTopicMetrics.

export class TopicTraffic {
  messagesIn = 0
  bytesIn = 0
  bytesOut = 0
  /** Of batches that were too large. */
  bytesRejected = 0
  /** One for each partition that a request names, and for each append of the node's own. */
  produceRequests = 0
  failedProduceRequests = 0
  /** One for each partition that is asked for, also where a request waits and reads again. */
  fetchRequests = 0
  failedFetchRequests = 0
  readonly #all: TopicTraffic | undefined

  /** `all`: counts whatever is counted here. */
  constructor(all?: TopicTraffic) {
    this.#all = all
  }

  asked(): void {
    this.produceRequests++
    this.#all?.asked()
  }

  appended(messages: number, sizeBytes: number): void {
    this.messagesIn += messages
    this.bytesIn += sizeBytes
    this.#all?.appended(messages, sizeBytes)
  }

  /** Batches that the log does not take. */
  refused(): void {
    this.failedProduceRequests++
    this.#all?.refused()
  }

  rejected(sizeBytes: number): void {
    this.bytesRejected += sizeBytes
    this.#all?.rejected(sizeBytes)
  }

  read(): void {
    this.fetchRequests++
    this.#all?.read()
  }

  unreadable(): void {
    this.failedFetchRequests++
    this.#all?.unreadable()
  }

  /** Is on its way to a consumer. */
  sent(sizeBytes: number): void {
    this.bytesOut += sizeBytes
    this.#all?.sent(sizeBytes)
  }
}

export class Traffic {
  /** Goes on counting when a topic is gone. */
  readonly all = new TopicTraffic()
  /** Batches of producers that the log refuses, by what is wrong with them. */
  wrongChecksums = 0
  wrongOffsets = 0
  /** Records that a compacted topic refuses. */
  keylessRecords = 0
  /** Fetches that were answered because their time was up. */
  expiredFetches = 0
  /** Partitions that a producer waited for until its time was up. */
  expiredProduces = 0
  readonly #topics = new Map<string, TopicTraffic>()

  /** To be asked for when there is something to count: a topic that lies idle has none. */
  ofTopic(topic: string): TopicTraffic {
    let traffic = this.#topics.get(topic)
    if (traffic === undefined) this.#topics.set(topic, traffic = new TopicTraffic(this.all))
    return traffic
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  topics(): Iterable<[topic: string, traffic: TopicTraffic]> {
    return this.#topics
  }
}
