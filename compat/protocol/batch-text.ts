// What we read in record batches, as the text that `BatchText.java` makes of what Kafka reads.

import { addSequence, Batch } from '../../protocol/records/batch.ts'
import { ControlType, controlTypeOf } from '../../protocol/records/control.ts'
import { type Record, recordsOf } from '../../protocol/records/record.ts'

const LAST_EXACT = 2 ** 52
/** For what is no UTF-8 Java and Node have not always the same number of these. */
const BROKEN = /\ufffd+/g

/** The first batch of the bytes, or why it is none. */
export function batchText(bytes: Buffer): string {
  try {
    const batch = new Batch(bytes)
    if (!batch.next()) return 'refused: no whole batch'
    if (!batch.isCrcValid()) return 'refused: checksum'
    return [headerText(batch), ...[...recordsOf(batch)].map((record) => recordText(batch, record))]
      .join('\n')
  } catch (error) {
    return `refused: ${String(error)}`
  }
}

export const isRefused = (text: string): boolean => text.startsWith('refused: ')

function headerText(batch: Batch): string {
  return `magic=${batch.magic} offsets=${batch.baseOffset}..${batch.lastOffset}`
    + ` next=${batch.nextOffset} leaderEpoch=${batch.leaderEpoch} codec=${batch.codec}`
    + ` type=${batch.timestampType} maxTimestamp=${batch.maxTimestamp}`
    + ` producer=${batch.hasProducer} ${batch.producerId} ${batch.producerEpoch}`
    + ` sequences=${batch.baseSequence}..${batch.lastSequence}`
    + ` transactional=${batch.isTransactional} control=${batch.isControl}`
    + ` horizon=${batch.deleteHorizonMs ?? 'none'} count=${batch.count}`
}

function recordText(batch: Batch, record: Record): string {
  const { baseOffset, baseSequence } = batch
  const offsetDelta = record.offset - baseOffset
  const sequence = baseSequence < 0 ? -1 : addSequence(baseSequence, offsetDelta)
  const timestamp = Math.abs(record.timestamp) > LAST_EXACT ? 'beyond' : record.timestamp
  const headers = record.headers
    .map(({ key, value }) => ` [${key.replace(BROKEN, '\ufffd')}]=${hex(value)}`).join('')
  return `${record.offset} ${timestamp} ${offsetDelta < 0 ? 'before' : sequence}`
    + `${batch.isControl ? ` ${controlName(record.key)}` : ''}`
    + ` key=${hex(record.key)} value=${hex(record.value)}${headers}`
}

function controlName(key: Buffer | null): string {
  const type = controlTypeOf(key)
  const entry = Object.entries(ControlType).find(([, number]) => number === type)
  return entry?.[0] ?? 'UNKNOWN'
}

function hex(bytes: Buffer | null): string {
  return bytes === null ? 'null' : bytes.toString('hex')
}
