// `npm run build`: bundles the command (dist/main.js) and the library, for `import`
// (dist/index.js) and for `require` (dist/index.cjs), with its types.

import { build, stop } from 'esbuild'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepared } from './prepared-codecs.mjs'

const root = resolve(import.meta.dirname, '..')

/**
 * Native and WebAssembly packages find their files by themselves; yargs loads when help is asked,
 * prom-client when somebody watches.
 */
const EXTERNAL = [
  '@bokuweb/zstd-wasm', '@foxglove/wasm-lz4', '@node-rs/crc32', 'lz4-napi', 'prom-client', 'snappy',
  'snappyjs', 'yargs',
]

const require = "import { createRequire as requireFrom } from 'node:module';"
  + 'const require = requireFrom(import.meta.url);'

/** What a command does not need lies in files of its own; the library is one file. */
export async function bundle(outdir = join(root, 'dist')) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  rmSync(outdir, { recursive: true, force: true })
  const common = {
    absWorkingDir: root, outdir, bundle: true, platform: 'node', target: 'node20.19',
    external: EXTERNAL, sourcemap: 'linked', minifySyntax: true,
    define: { SAMSA_VERSION: JSON.stringify(version) }, logLevel: 'warning', plugins: [prepared],
  }
  // CommonJS packages in an ES module ask for their dependencies with `require`.
  const esm = { ...common, format: 'esm', banner: { js: require } }
  await build({ ...esm, entryPoints: ['lib/main.ts'], splitting: true })
  // Whole: to find and read the thirty files that it would share with the command takes 20 ms.
  await build({ ...esm, entryPoints: ['lib/index.ts'] })
  await build({
    ...common, entryPoints: ['lib/index.ts'], format: 'cjs', outExtension: { '.js': '.cjs' },
    // Jest cannot `import()` in what it has required.
    supported: { 'dynamic-import': false },
  })
  // It leaves a process behind, which would live as long as the broker.
  await stop()
  chmodSync(join(outdir, 'main.js'), 0o755)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle()
  const { writeTypes } = await import('./types.mjs')
  await writeTypes()
}
