// Samsa as a library: a broker inside a process, a test's for instance.
//
//   const broker = await Broker.start()
//   … broker.bootstrapServers …
//   await broker.close()

export type {
  ApiName, BrokerClock, BrokerFactory, BrokerOptions, Bytes, Fault, FaultBuilder, Faults,
  FaultyRequest, ForkOptions, KafkaRecord, RecordHeader, RecordMetadata, RecordsOptions,
  RecordToProduce, Settings, Snapshot, TopicConfigs, TopicDescription, TopicOptions, Topics,
} from './library/api.ts'
export { Broker } from './library/broker.ts'
export { KafkaError } from './library/errors.ts'
export { StartError } from './start-error.ts'
export { VERSION } from './version.ts'
