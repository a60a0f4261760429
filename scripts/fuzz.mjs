// `npm run fuzz [-- options]`: installs and builds what is needed, then runs fuzz/run.ts.

import { prepare, step } from './prepare.mjs'

await prepare()
step(process.execPath, ['scripts/bundle.mjs', 'fuzz/run.ts', '.cache/fuzz/run.mjs'])
step(process.execPath, ['.cache/fuzz/run.mjs', ...process.argv.slice(2)])
