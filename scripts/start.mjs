// `npm start [-- arguments]`: installs and builds where that is needed, then is the broker.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepare, root } from './prepare.mjs'

const start = performance.now()
await prepare()
// The ready line tells how long the broker took, not npm.
performance.measure('prepare', { start })
// The broker runs in this very process: signals, standard streams and exit code are its own.
const main = join(root, 'dist', 'main.js')
process.argv = [process.argv[0], main, 'start', ...process.argv.slice(2)]
await import(pathToFileURL(main).href)
