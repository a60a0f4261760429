// `samsa log`: shows what is in the files of a data directory, Samsa's or Kafka's.

import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { wholeNumber } from './arguments.ts'
import { command } from './command.ts'
import { CommandError, DONE, FAILED, UsageError } from './exit.ts'
import { dumpFile, FILE_KINDS, type FileKind, kindOfFile } from './dump/files.ts'
import { kindOfDirectory, KINDS, type RecordKind } from './dump/record-kinds.ts'
import {
  type AnyHeader, batchesOfFile, batchJson, type BatchHeader, type DumpedBatch, type DumpedRecord,
  isBatch, type Tail,
} from './dump/segments.ts'
import { oneLineOf } from './dump/values.ts'
import type { Session } from './session.ts'
import { oneLine } from './table.ts'
import { shownTime } from './units.ts'

const dump = command({
  usage: 'dump <files..>',
  describe: 'What is in files of a data directory: logs, indexes, snapshots, checkpoints',
  examples: [
    ['samsa log dump samsa-data/orders-0/*.log', 'batches and records'],
    ['samsa log dump samsa-data/__cluster_metadata-0/*.log', 'the metadata, decoded'],
    ['samsa log dump FILE.log --batches', 'the headers of batches alone'],
    ['samsa log dump FILE.log --json', 'an object for each batch, one a line'],
  ],
  isLocal: true,
  options: (yargs) => yargs
    .positional('files', { type: 'string', array: true, demandOption: true, describe: 'Which' })
    .option('batches', {
      type: 'boolean', default: false, describe: 'Batches without their records',
    })
    .option('from', { type: 'number', default: 0, describe: 'Batches from this offset on' })
    .option('as', {
      choices: KINDS, describe: 'What the records are; told by the folder if left out',
    })
    .option('kind', {
      choices: FILE_KINDS, describe: 'What the file is; told by its name if left out',
    }),
  async run({ files, batches, from, as, kind }, session) {
    wholeNumber('--from', from)
    let exitCode = DONE
    for (const [index, file] of files.entries()) {
      const fileKind = kind ?? checkedKind(file)
      if (files.length > 1 && !session.output.isJson) {
        session.output.line(`${index > 0 ? '\n' : ''}${file}`)
      }
      const isSound = fileKind === 'log'
        ? await dumpLog(file, {
          kind: as ?? kindIn(file), wantsRecords: !batches, fromOffset: from,
        }, session)
        : dumpOther(fileKind, file, session)
      if (!isSound) exitCode = FAILED
    }
    return exitCode
  },
})

/** Snapshots of the metadata may lie in the log directory itself. */
function kindIn(file: string): RecordKind {
  if (/checkpoint(\.|$)/.test(basename(file))) return 'metadata'
  return kindOfDirectory(basename(dirname(resolve(file))))
}

function checkedKind(file: string): FileKind {
  if (statSync(file).isDirectory()) {
    const inside = readdirSync(file).filter((name) => kindOfFile(name) !== undefined)
    throw new CommandError(`${file} is a directory`, inside[0] === undefined ? undefined
      : `Name its files: samsa log dump ${join(file, inside.sort().at(-1)!)}`)
  }
  const kind = kindOfFile(file)
  if (kind !== undefined) return kind
  throw new UsageError(`${file}: no file of a data directory is called so; `
    + `--kind says what it is (${FILE_KINDS.join(', ')})`)
}

interface LogOptions {
  readonly kind: RecordKind
  readonly wantsRecords: boolean
  readonly fromOffset: number
}

/** False where something is wrong with it, or cannot be read. */
async function dumpLog(
  file: string, { kind, wantsRecords, fromOffset }: LogOptions, { output }: Session,
): Promise<boolean> {
  const batches = batchesOfFile(file, kind, wantsRecords)
  let isSound = true
  for (;;) {
    const { value, done } = batches.next()
    if (done === true) return tellTail(value, output) && isSound
    if (value.damage !== undefined || value.unread !== undefined) isSound = false
    if (value.batch.lastOffset < fromOffset) continue
    await output.stream(output.isJson ? `${batchJson(value)}\n` : batchText(value))
  }
}

function tellTail({ position, sizeBytes, isZero }: Tail, output: Session['output']): boolean {
  if (sizeBytes === 0) return true
  const what = isZero ? 'are room, all zero' : 'are no whole batch'
  if (output.isJson) output.line(JSON.stringify({ tail: { position, sizeBytes, isZero } }))
  else output.line(`${sizeBytes} bytes at ${position} ${what}`)
  return isZero
}

function batchText({ batch, records, damage, unread }: DumpedBatch): string {
  const head = isBatch(batch) ? headline(batch) : headlineOfAny(batch)
  const said = damage === undefined ? unread : `DAMAGED: ${damage}`
  const lines = [said === undefined ? head : `${head}  ${said}`]
  for (const record of records) lines.push(`  ${recordText(record)}`)
  return `${lines.join('\n')}\n`
}

function headlineOfAny({ baseOffset, position, sizeBytes, magic }: AnyHeader): string {
  return `offset ${baseOffset}  position ${position}  size ${sizeBytes}  magic ${magic}`
}

function headline(batch: BatchHeader): string {
  const { baseOffset, lastOffset, producerId, maxTimestamp } = batch
  return [
    `offsets ${baseOffset}-${lastOffset}`, `records ${batch.count}`, `position ${batch.position}`,
    `size ${batch.sizeBytes}`, `epoch ${batch.leaderEpoch}`, `time ${shownTime(maxTimestamp)}`,
    ...batch.timestampType === 'LogAppendTime' ? ['of the append'] : [],
    ...batch.codec === 'none' ? [] : [batch.codec],
    ...producerId < 0 ? [] : [
      `producer ${producerId} epoch ${batch.producerEpoch}`
      + (batch.baseSequence < 0 ? '' : ` sequence ${batch.baseSequence}`)],
    ...batch.isTransactional ? ['transactional'] : [], ...batch.isControl ? ['control'] : [],
    ...batch.deleteHorizonMs === undefined ? []
      : [`marks stay until ${shownTime(batch.deleteHorizonMs)}`],
  ].join('  ')
}

function recordText({ offset, timestamp, key, value, headers, meaning }: DumpedRecord): string {
  if (meaning !== undefined) {
    const parts = [meaning.key, meaning.value].filter((part) => part !== undefined)
    return `${offset}  ${meaning.type}  ${parts.map(oneLineOf).join('  ')}`
  }
  const shown = (bytes: Buffer | null): string => (
    bytes === null ? 'null' : oneLine(bytes.toString()))
  const named = headers.map((header) => `${header.key}=${shown(header.value)}`)
  return [
    offset, shownTime(timestamp), ...key === null ? [] : [`key ${shown(key)}`],
    `value ${shown(value)}`, ...named.length === 0 ? [] : [`headers ${named.join(' ')}`],
  ].join('  ')
}

function dumpOther(kind: Exclude<FileKind, 'log'>, file: string, { output }: Session): boolean {
  const { titles, rows, damage, note } = dumpFile(kind, file, readFileSync(file))
  const names = titles.map((title) => (
    title.toLowerCase().replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase())))
  output.show({
    file, kind, damage, entries: rows.map((row) => (
      Object.fromEntries(names.map((name, column) => [name, row[column]])))),
  }, () => {
    output.table(titles, rows)
    if (note !== undefined) output.line(`(${note})`)
    if (damage !== undefined) output.line(`DAMAGED: ${damage}`)
  })
  return damage === undefined
}

export const commands = [dump]
