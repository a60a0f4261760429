// `npm run build`: bundles the command (dist/main.js) and the library, for `import`
// (dist/index.js) and for `require` (dist/index.cjs), with its types.

import { build, stop } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BUNDLED } from './prepare.mjs'
import { prepared } from './prepared-codecs.mjs'

const root = resolve(import.meta.dirname, '..')

/**
 * Native and WebAssembly packages find their files by themselves; yargs loads when help is asked,
 * prom-client when somebody watches.
 */
const EXTERNAL = [
  '@bokuweb/zstd-wasm', '@foxglove/wasm-lz4', '@node-rs/crc32', 'koffi', 'lz4-napi', 'prom-client',
  'snappy', 'snappyjs', 'yargs',
]

const require = "import { createRequire as requireFrom } from 'node:module';"
  + 'const require = requireFrom(import.meta.url);'

/** What `dist/main.js` runs unless it is a start, by what it is in `lib/main.ts`. */
const PARTS = { './cli/commands.ts': 'commands', './cli/kafka-tools/run.ts': 'kafka-tools' }
const partsBeside = {
  name: 'parts beside',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ path }) => (
      path in PARTS ? { path: `./${PARTS[path]}.js`, external: true } : undefined))
  },
}

/** A start is a bundle of its own, with what V8 has made of it; here stands how to get at it. */
const compiledStart = {
  name: 'compiled start',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]lib[\\/]cli[\\/]start\.ts$/ }, () => ({
      contents: `
        import { fileURLToPath } from 'node:url'
        import { loadCompiled } from './compiled.ts'
        export const { start } = loadCompiled(fileURLToPath(new URL('start.cjs', import.meta.url)))
      `,
      loader: 'js', resolveDir: join(root, 'lib', 'cli'),
    }))
  },
}

/**
 * What a command does not need lies in files of its own; a start is one file, and so is the
 * library.
 */
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
  const commonJs = {
    ...common, format: 'cjs', outExtension: { '.js': '.cjs' },
    // Neither Jest in what it has required nor a script that was compiled before can `import()`.
    supported: { 'dynamic-import': false },
  }
  await build({
    ...common, format: 'esm', entryPoints: ['lib/main.ts'], plugins: [partsBeside, compiledStart],
  })
  await build({
    ...esm, splitting: true, plugins: [compiledStart, prepared],
    entryPoints: Object.entries(PARTS).map(([file, out]) => ({ in: join('lib', file), out })),
  })
  await build({ ...commonJs, entryPoints: ['lib/cli/start.ts'] })
  // Whole: to find and read the thirty files that it would share with the command takes 20 ms.
  await build({ ...esm, entryPoints: ['lib/index.ts'] })
  await build({ ...commonJs, entryPoints: ['lib/index.ts'] })
  await precompile(join(outdir, 'start.cjs'))
  // It leaves a process behind, which would live as long as the broker.
  await stop()
  chmodSync(join(outdir, 'main.js'), 0o755)
  writeFileSync(join(outdir, 'bundled-licenses.txt'), BUNDLED.map(licenseOf).join('\n'))
}

/** They ask for it to be wherever they are. */
function licenseOf(name) {
  const text = readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8')
  return `${name}\n${'='.repeat(name.length)}\n\n${text}`
}

/**
 * Has V8 compile what starts need, by two of them: the first formats its directory, the second
 * finds it as a clean stop leaves it. Others do without where that fails.
 */
async function precompile(file) {
  const { outputFiles } = await build({
    absWorkingDir: root, entryPoints: ['scripts/precompile.mjs'], bundle: true, write: false,
    platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'warning',
  })
  const directory = mkdtempSync(join(tmpdir(), 'samsa-build-'))
  for (let i = 0; i < 2; i++) {
    const { status, signal } = spawnSync(process.execPath, [
      '--input-type=module', '-', file, join(directory, 'data'),
    ], { input: outputFiles[0].text, stdio: ['pipe', 'ignore', 'inherit'], timeout: 30_000 })
    if (status !== 0) console.error(`starts will take longer: one failed (${status ?? signal})`)
  }
  rmSync(directory, { recursive: true, force: true })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle()
  const { writeTypes } = await import('./types.mjs')
  await writeTypes()
}
