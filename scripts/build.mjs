// `npm run build`: bundles the command (dist/main.js) and the library (dist/index.js).

import { build, stop } from 'esbuild'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')

/**
 * Native and WebAssembly packages find their files by themselves; yargs loads when help is asked.
 */
const EXTERNAL = [
  '@bokuweb/zstd-wasm', '@node-rs/crc32', 'lz4-napi', 'snappy', 'snappyjs', 'yargs',
]

/** Node reads few files at a start: one for the entry, one for what the plain start needs. */
export async function bundle() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = ['main', 'index'].filter((name) => existsSync(join(root, `lib/${name}.ts`)))
  const outdir = join(root, 'dist')
  rmSync(outdir, { recursive: true, force: true })
  await build({
    absWorkingDir: root,
    entryPoints: entries.map((name) => `lib/${name}.ts`),
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: EXTERNAL,
    sourcemap: 'linked',
    minifySyntax: true,
    define: { SAMSA_VERSION: JSON.stringify(version) },
    // CommonJS packages in an ES module ask for their dependencies with `require`.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';"
        + 'const require = requireFrom(import.meta.url);',
    },
    logLevel: 'warning',
  })
  // It leaves a process behind, which would live as long as the broker.
  await stop()
  chmodSync(join(outdir, 'main.js'), 0o755)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await bundle()
