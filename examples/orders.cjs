// A small service, as one writes them with kafkajs: it takes orders from one topic, and writes an
// invoice for each to another. What is no order goes to a third one, so that nothing is lost.

const { Kafka, logLevel } = require('kafkajs')

class OrderService {
  /**
   * @param {{
   *   brokers: string[], clientId?: string, sessionTimeoutMs?: number, requestTimeoutMs?: number,
   * }} options
   */
  constructor({
    brokers, clientId = 'order-service', sessionTimeoutMs = 30_000, requestTimeoutMs = 30_000,
  }) {
    const kafka = new Kafka({
      clientId, brokers, logLevel: logLevel.NOTHING,
      requestTimeout: requestTimeoutMs, retry: { initialRetryTime: 20 },
    })
    // An idempotent producer: an answer that is lost makes no second invoice.
    this.producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    this.consumer = kafka.consumer({
      groupId: 'order-service', sessionTimeout: sessionTimeoutMs, heartbeatInterval: 500,
      maxWaitTimeInMs: 100,
    })
  }

  async start() {
    await this.producer.connect()
    await this.consumer.connect()
    await this.consumer.subscribe({ topic: 'orders', fromBeginning: true })
    await this.consumer.run({ eachMessage: ({ message }) => this.handle(message) })
  }

  async handle({ key, value }) {
    const order = parse(value)
    const [topic, answer] = order === undefined
      ? ['orders.rejected', String(value)]
      : ['invoices', JSON.stringify({ order: String(key), cents: order.pieces * order.cents })]
    await this.producer.send({ topic, messages: [{ key, value: answer }] })
  }

  async stop() {
    await this.consumer.disconnect()
    await this.producer.disconnect()
  }
}

function parse(value) {
  try {
    const { pieces, cents } = JSON.parse(value)
    return pieces > 0 && cents >= 0 ? { pieces, cents } : undefined
  } catch {
    return undefined
  }
}

module.exports = { OrderService }
