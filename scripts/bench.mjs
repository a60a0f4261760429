// `npm run bench [-- name…]`: installs and builds what is needed, then runs bench/run.ts.

import { prepare, step } from './prepare.mjs'

await prepare()
step(process.execPath, ['scripts/bundle.mjs', 'bench/run.ts', '.cache/bench/run.mjs'])
step(process.execPath, ['.cache/bench/run.mjs', ...process.argv.slice(2)])
