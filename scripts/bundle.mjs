// Bundles one TypeScript entry into one file that this machine's Node runs;
// native packages stay outside. `node scripts/bundle.mjs ENTRY OUTPUT`

import { build } from 'esbuild'

const [entry, outfile] = process.argv.slice(2)

await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
  sourcemap: 'linked',
  external: ['snappy', 'lz4-napi', '@node-rs/crc32', '@bokuweb/zstd-wasm', '@foxglove/wasm-lz4',
    '@platformatic/kafka', 'koffi', 'yargs', 'testcontainers', '@testcontainers/kafka',
    'prom-client'],
  // CommonJS packages inside an ES module still ask for Node's modules with `require`.
  banner: {
    js: "import { createRequire } from 'node:module'; "
      + 'const require = createRequire(import.meta.url);',
  },
})
