// `npm start [-- arguments]`: installs and builds where that is needed, then is the broker.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepare, root } from './prepare.mjs'

const start = performance.now()
await prepare({ onlyToRun: true })
// The ready line tells how long the broker took, not npm.
performance.measure('prepare', { start })
if (process.env.npm_lifecycle_event === 'start') endWithShell()
// The broker runs in this very process: signals, standard streams and exit code are its own.
const main = join(root, 'dist', 'main.js')
process.argv = [process.argv[0], main, 'start', ...process.argv.slice(2)]
await import(pathToFileURL(main).href)

/** npm runs this in a shell, and a SIGTERM that it passes on ends that shell alone. */
function endWithShell() {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}
