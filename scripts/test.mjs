// `npm test [-- jest arguments]`: installs, builds, checks the types and runs the tests.

import { prepare, step } from './prepare.mjs'

await prepare()
const bin = 'node_modules'
step(process.execPath, [`${bin}/typescript/bin/tsc`])
step(process.execPath, [`${bin}/jest/bin/jest.js`, ...process.argv.slice(2)])
