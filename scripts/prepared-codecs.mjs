// For bundles: codecs as source, in the place of `protocol/prepared.ts`. They are those of the
// metadata's records, some of which every start writes and reads before it is ready.

import { build } from 'esbuild'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** What is needed here of sources that Node 20 does not take as they are. */
const ENTRY = `
  export { RECORD_TYPES } from './controller/metadata-records.ts'
  export { leaderChangeMessage } from './protocol/messages/records/leader-change.ts'
  export * from './protocol/messages/records/snapshot.ts'
  export { isFlexible } from './protocol/header.ts'
  export { OUTSIDE, readerSource, writerSource } from './protocol/generate.ts'
`

async function load() {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
    bundle: true, platform: 'node', format: 'esm', write: false, logLevel: 'warning',
  })
  const bytes = Buffer.from(outputFiles[0].contents)
  return import(`data:text/javascript;base64,${bytes.toString('base64')}`)
}

/** The source of a module with the exports of `protocol/prepared.ts`. */
export async function preparedCodecs() {
  const {
    RECORD_TYPES, leaderChangeMessage, snapshotHeaderRecord, snapshotFooterRecord,
    isFlexible, OUTSIDE, readerSource, writerSource,
  } = await load()
  const messages = [
    leaderChangeMessage, snapshotHeaderRecord, snapshotFooterRecord,
    ...Object.values(RECORD_TYPES).map(({ message }) => message),
  ]
  const table = (sourceOf) => messages.flatMap((message) => {
    const [first, last] = message.versions
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const source = sourceOf(message.shape, first + i, isFlexible(message, first + i))
      return `'${message.name} ${first + i}': () => {\n${source}\n},`
    })
  }).join('\n')
  return `
    import { OUTSIDE } from './generate.ts'
    const { ${Object.keys(OUTSIDE).join(', ')} } = OUTSIDE
    export const PREPARED_READERS = { ${table(readerSource)} }
    export const PREPARED_WRITERS = { ${table(writerSource)} }
  `
}

/** Puts them into what esbuild bundles. */
export const prepared = {
  name: 'prepared codecs',
  setup({ onLoad }) {
    const codecs = preparedCodecs()
    onLoad({ filter: /[\\/]protocol[\\/]prepared\.ts$/ }, async () => ({
      contents: await codecs, loader: 'js', resolveDir: resolve(root, 'protocol'),
    }))
  },
}
