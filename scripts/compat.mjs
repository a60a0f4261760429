// `npm run compat`: installs and builds what is needed,
// then runs the suites of compat/ (see compat/run.ts).

import { spawnSync } from 'node:child_process'

const step = (command, args) => {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? (signal ? 1 : 0))
}

const { prepare } = await import('./prepare.mjs')
await prepare()
step(process.execPath, ['scripts/bundle.mjs', 'compat/run.ts', '.cache/compat/run.mjs'])
step(process.execPath, ['.cache/compat/run.mjs', ...process.argv.slice(2)])
