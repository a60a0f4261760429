// `npm run sim -- storage|history [options]`: installs and builds what is needed, then runs
// sim/run.ts.

import { prepare, step } from './prepare.mjs'

await prepare()
step(process.execPath, ['scripts/bundle.mjs', 'sim/run.ts', '.cache/sim/run.mjs'])
step(process.execPath, ['--enable-source-maps', '.cache/sim/run.mjs', ...process.argv.slice(2)])
